"""Runs in a service's container: how many records were this replica's to apply."""

import json
import os
import sys
import urllib.request

with urllib.request.urlopen(f"http://127.0.0.1:{os.environ['HTTP_PORT']}/metrics") as answer:
    lines = answer.read().decode().splitlines()
records = [line for line in lines if line.startswith("eventing_records_total")]
taken = [float(line.split()[-1]) for line in records if 'outcome="taken"' in line]
sys.stdout.write(json.dumps(sum(taken)))
