"""Small enough to be read: functions, and files."""

from statistics import median

from tests.architecture.sources import functions_of, lines_of, production_files, shown


def test_half_of_all_functions_have_ten_lines_or_fewer() -> None:
    sizes = [lines_of(function) for path in production_files() for function in functions_of(path)]

    assert median(sizes) <= 10


def test_no_function_is_longer_than_forty_lines() -> None:
    long = [
        f"{shown(path, function.lineno)} {function.name} has {lines_of(function)}"
        for path in production_files()
        for function in functions_of(path)
        if lines_of(function) > 40
    ]

    assert long == []


def test_no_file_is_longer_than_three_hundred_lines() -> None:
    sizes = {shown(path, 1): path.read_text().count("\n") for path in production_files()}

    assert {path: lines for path, lines in sizes.items() if lines > 300} == {}
