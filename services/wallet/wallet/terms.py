"""The terms of the wallet. Other words are another version, named by the day from which they hold."""

from servicekit.problems import Text

VERSION = "2026-10-01"
TEXT = Text(
    "Portfel przechowuje legitymację i jej klucz tylko na tym urządzeniu. Legitymacja działa na jednym "
    "telefonie. Okazując ją, pokazujesz sprawdzającemu zdjęcie, imię i nazwisko, uczelnię i datę ważności, "
    "nigdy PESEL. Na serwerze leży tylko zaszyfrowany pakiet, którego nikt poza sprawdzającym nie może "
    "otworzyć. Po utracie telefonu zamroź legitymację w zakładce mLegitymacja. Legitymacji nie wolno "
    "udostępniać innym.",
    "The wallet keeps the card and its key on this device only. A card works on one phone. When you show "
    "it, the checker sees portrait, names, university and date of expiry, never the PESEL number. The "
    "server holds nothing but an encrypted pack that nobody except the checker can open. If you lose the "
    "phone, freeze the card in the mLegitymacja tab. The card must not be lent to anybody.",
)
