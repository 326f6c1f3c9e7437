"""A small English-German dictionary, sorted by kind of word. Knows no grammar."""

from functools import lru_cache
from typing import NamedTuple

__all__ = ["ADJECTIVES", "ADVERBS", "NUMERALS", "PLAIN", "VERBS", "Noun", "nouns"]


class Noun(NamedTuple):
    """A German noun: its gender (m, f or n) and both numbers."""

    gender: str
    singular: str
    plural: str


_NOUNS = """
account n Konto Konten; address f Adresse Adressen; amount m Betrag Beträge; answer f Antwort Antworten
apple m Apfel Äpfel; article m Artikel Artikel; bag f Tasche Taschen; bank f Bank Banken; bed n Bett Betten
bike n Fahrrad Fahrräder; bill f Rechnung Rechnungen; boat n Boot Boote; book n Buch Bücher
bottle f Flasche Flaschen; bowl f Schüssel Schüsseln; box f Schachtel Schachteln; bread n Brot Brote
building n Gebäude Gebäude; bus m Bus Busse; button m Knopf Knöpfe; car n Auto Autos; card f Karte Karten
cart m Einkaufswagen Einkaufswagen; cat f Katze Katzen; chair m Stuhl Stühle; checkout f Kasse Kassen
child n Kind Kinder; city f Stadt Städte; code m Code Codes; colour f Farbe Farben; country n Land Länder
coupon m Coupon Coupons; cup f Tasse Tassen; customer m Kunde Kunden; date n Datum Daten; day m Tag Tage
delivery f Lieferung Lieferungen; discount m Rabatt Rabatte; dog m Hund Hunde; door f Tür Türen
email f E-Mail E-Mails; error m Fehler Fehler; evening m Abend Abende; file f Datei Dateien
fork f Gabel Gabeln; friend m Freund Freunde; garden m Garten Gärten; gift n Geschenk Geschenke
glass n Glas Gläser; group f Gruppe Gruppen; guest m Gast Gäste; hand f Hand Hände; help f Hilfe Hilfen
home f Startseite Startseiten; hour f Stunde Stunden; house n Haus Häuser; image n Bild Bilder
invoice f Rechnung Rechnungen; kettle m Kessel Kessel; key m Schlüssel Schlüssel; kitchen f Küche Küchen
knife n Messer Messer; lamp f Lampe Lampen; language f Sprache Sprachen; letter m Brief Briefe
list f Liste Listen; man m Mann Männer; message f Nachricht Nachrichten; minute f Minute Minuten
money n Geld Gelder; month m Monat Monate; morning m Morgen Morgen; name m Name Namen
newspaper f Zeitung Zeitungen; night f Nacht Nächte; note f Notiz Notizen; number f Nummer Nummern
offer n Angebot Angebote; office n Büro Büros; order m Auftrag Aufträge; page f Seite Seiten
pan f Pfanne Pfannen; parcel n Paket Pakete; password n Passwort Passwörter; payment f Bezahlung Bezahlungen
pen m Stift Stifte; person f Person Personen; phone n Telefon Telefone; photo n Foto Fotos
picture n Bild Bilder; plate m Teller Teller; pot m Topf Töpfe; price m Preis Preise
product n Produkt Produkte; question f Frage Fragen; receipt f Quittung Quittungen
refund f Rückerstattung Rückerstattungen; report m Bericht Berichte; return f Rückgabe Rückgaben
room n Zimmer Zimmer; school f Schule Schulen; search f Suche Suchen; seat m Platz Plätze
setting f Einstellung Einstellungen; shirt n Hemd Hemden; shoe m Schuh Schuhe; shop m Laden Läden
size f Größe Größen; spoon m Löffel Löffel; station m Bahnhof Bahnhöfe; street f Straße Straßen
table m Tisch Tische; ticket f Fahrkarte Fahrkarten; time f Zeit Zeiten; town f Stadt Städte
train m Zug Züge; tree m Baum Bäume; user m Benutzer Benutzer; version f Version Versionen
voucher m Gutschein Gutscheine; water n Wasser Wasser; week f Woche Wochen; window n Fenster Fenster
woman f Frau Frauen; wood n Holz Hölzer; word n Wort Wörter; work f Arbeit Arbeiten; year n Jahr Jahre
gift card f Gutscheinkarte Gutscheinkarten; wish list f Wunschliste Wunschlisten; basket m Korb Körbe
sheet m Zettel Zettel
"""
_ADJECTIVES = """
new:neu old:alt big:groß large:groß small:klein good:gut bad:schlecht long:lang short:kurz fast:schnell
slow:langsam open:offen closed:geschlossen empty:leer full:voll free:frei cheap:billig expensive:teuer
red:rot blue:blau green:grün white:weiß black:schwarz grey:grau yellow:gelb hot:heiß cold:kalt warm:warm
early:früh late:spät first:erst last:letzt next:nächst important:wichtig wrong:falsch right:richtig
safe:sicher heavy:schwer light:leicht clean:sauber dirty:schmutzig available:verfügbar valid:gültig
invalid:ungültig expired:abgelaufen secure:sicher different:verschieden same:gleich broken:kaputt young:jung
beautiful:schön
"""
_VERBS = """
save:speichern delete:löschen change:ändern print:drucken send:senden show:anzeigen open:öffnen
close:schließen cancel:abbrechen buy:kaufen pay:bezahlen search:suchen find:finden read:lesen
write:schreiben add:hinzufügen remove:entfernen edit:bearbeiten copy:kopieren share:teilen
download:herunterladen upload:hochladen confirm:bestätigen continue:fortfahren start:starten stop:anhalten
order:bestellen return:zurückgeben select:auswählen choose:wählen create:erstellen update:aktualisieren
call:anrufen enter:eingeben check:prüfen fail:fehlschlagen forget:vergessen help:helfen wait:warten
see:sehen go:gehen come:kommen
"""
NUMERALS = {"one": "ein", "two": "zwei", "three": "drei", "four": "vier", "five": "fünf", "ten": "zehn"}
_ADVERBS = """
now:jetzt today:heute tomorrow:morgen yesterday:gestern here:hier there:dort later:später again:erneut
only:nur also:auch always:immer never:nie soon:bald already:schon not:nicht too:zu very:sehr
"""
_PLAIN = """
and:und or:oder but:aber with:mit without:ohne for:für in:in on:auf at:bei from:ab of:von to:zu until:bis
by:bis is:ist are:sind was:war were:waren has:hat have:haben you:Sie we:wir it:es yes:ja no:kein hello:hallo
please:bitte thanks:danke welcome:willkommen goodbye:tschüss if:wenn because:weil than:als as:als
"""


def _pairs(written: str) -> dict[str, str]:
    return dict(pair.split(":") for pair in written.split())


ADJECTIVES = _pairs(_ADJECTIVES)
VERBS = _pairs(_VERBS)
ADVERBS = _pairs(_ADVERBS)
PLAIN = _pairs(_PLAIN)


@lru_cache(maxsize=1)
def nouns() -> dict[str, Noun]:
    """By the English singular."""
    found: dict[str, Noun] = {}
    for entry in _NOUNS.strip().replace("\n", ";").split(";"):
        *english, gender, singular, plural = entry.split()
        found[" ".join(english)] = Noun(gender, singular, plural)
    return found
