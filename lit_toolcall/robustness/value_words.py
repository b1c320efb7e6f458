"""Words that a value is read from without being copied: `four` for 4, `March` for a month, `miles` for a unit.

A typo in one may make it another value (`four` and `for`), so that the expected answer is no longer the right one.
"""

from __future__ import annotations

import re
import unicodedata

_ENGLISH = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fifteen twenty thirty forty fourty fifty
hundred thousand million billion trillion dozen couple several pair single double triple half halves third quarter first
second fifth ninth twelfth twentieth thirtieth once twice thrice nought none both
january february march april may june july august september october november december
jan feb mar apr jun jul aug sep sept oct nov dec
monday tuesday wednesday thursday friday saturday sunday mon tue tues wed weds thu thur thurs fri sat sun
today tonight tomorrow yesterday noon midday midnight morning afternoon evening weekend
"""
_UNITS = """
metre meter gram litre liter inch inches foot feet yard mile pound ounce stone gallon pint tonne acre hectare
minute hour days week fortnight month year decade century centuries degree celsius fahrenheit kelvin
byte watt volt joule calorie hertz pascal knot pixel percent per cent
dollar euro cents penny pence yuan rupee franc peso krona kroner
"""
_GERMAN = """
null eins zwei drei vier fünf sechs sieben acht neun zehn zwölf zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig
neunzig hundert tausend million milliarde dutzend halb hälfte viertel erste dritte siebte einmal
januar februar märz april mai juni juli august september oktober november dezember
montag dienstag mittwoch donnerstag freitag samstag sonnabend sonntag heute morgen gestern mittag mitternacht
stunde woche monat jahr meile pfund grad prozent
"""
_FRENCH = """
zéro deux trois quatre cinq sept huit neuf onze douze treize quatorze quinze seize vingt trente quarante cinquante
soixante cent mille million milliard douzaine demi moitié tiers quart premier première seconde
janvier février mars avril juin juillet août septembre octobre novembre décembre
lundi mardi mercredi jeudi vendredi samedi dimanche demain hier aujourd midi minuit
heure jour semaine mois année mètre pied pouce livre degré
"""
_SPANISH = """
cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince veinte veinti treinta cuarenta
cincuenta sesenta setenta ochenta noventa cien ciento quinientos mil millón millones docena medio media mitad tercio
cuarto primer primero segundo tercero quinto
enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre
lunes martes miércoles jueves viernes sábado domingo mañana ayer mediodía medianoche
hora días semana meses año metro milla libra grado
"""
_ITALIAN = """
due tre quattro cinque sei sette otto nove dieci undici dodici tredici quattordici quindici sedici venti trenta quaranta
sessanta settanta ottanta novanta cento mila milione milioni dozzina mezzo mezza metà terzo quarto primo secondo
gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre
lunedì martedì mercoledì giovedì venerdì sabato domenica domani ieri mezzogiorno mezzanotte
ora giorn settimana mese anno miglia grado gradi
"""
_PORTUGUESE = """
um dois duas três quatro sete oito nove dez doze treze quatorze quinze dezesseis dezessete dezoito dezenove vinte trinta
quarenta cinquenta sessenta oitenta cem cento mil milhão milhões dúzia meia metade terço
janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro
segunda terça quarta quinta sexta sábado domingo amanhã hoje ontem meio
hora dias semana mês ano milha grau
"""
_DUTCH = """
nul een twee drie vijf zes zeven negen tien elf twaalf dertien veertien twintig dertig veertig vijftig zestig zeventig
tachtig honderd duizend miljoen miljard dozijn helft kwart eerste tweede derde
januari februari maart april mei juni juli augustus september oktober november december
maandag dinsdag woensdag donderdag vrijdag zaterdag zondag vandaag morgen gisteren middag middernacht
minuut uur week maand jaar mijl pond graad procent
"""


def _plain(text: str) -> str:
    """Return a text without case and accents."""
    return "".join(each for each in unicodedata.normalize("NFD", text.casefold()) if not unicodedata.combining(each))


VALUE_WORDS = frozenset(
    _plain(word)
    for words in (_ENGLISH, _UNITS, _GERMAN, _FRENCH, _SPANISH, _ITALIAN, _PORTUGUESE, _DUTCH)
    for word in words.split()
)
"""Number words, months, weekdays, times and units of seven languages, without case and accents."""
_PARTS = re.compile("|".join(sorted((word for word in VALUE_WORDS if len(word) > 3), key=len, reverse=True)))


def holds_value_word(word: str) -> bool:
    """Tell whether a word is a value word, or holds one of at least four letters, as `fourteen` and `Kilometer` do.

    >>> [holds_value_word(word) for word in ("Seventy", "Kilometer", "août", "ten", "often")]
    [True, True, True, True, False]
    """
    plain = _plain(word)
    return plain in VALUE_WORDS or _PARTS.search(plain) is not None


def is_value_word(word: str) -> bool:
    """Tell whether a word is a value word.

    >>> is_value_word("Four"), is_value_word("fourteen")
    (True, False)
    """
    return _plain(word) in VALUE_WORDS
