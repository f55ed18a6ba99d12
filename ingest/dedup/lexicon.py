"""Words that say a figure, a date or a direction, in the languages that news is written in. Data only.

Numbers begin at two: one is an article in most languages.
"""

from __future__ import annotations

from collections.abc import Callable

_NUMBERS = {
    2: (
        "two dos deux zwei due dois duas twee två dwa dwie два две iki dua hai đôi dva dvě kaksi to "
        "דו दो দুই สอง اثنان دو"
    ),
    3: "three tres trois drei tre três drie trzy три üç tiga ba tri tři kolme तीन তিন สาม ثلاثة سه",
    4: (
        "four cuatro quatre vier quattro quatro fyra cztery четыре dört empat bốn čtyři četiri "
        "neljä fire चार চার สี่ أربعة چهار"
    ),
    5: ("five cinco cinq fünf cinque vijf fem pięć пять beş lima năm pět pet viisi पांच पाँच পাঁচ ห้า خمسة پنج"),
    6: "six seis sechs sei zes sex sześć шесть altı enam sáu šest kuusi seks छह ছয় หก ستة شش",
    7: (
        "seven siete sept sieben sette sete zeven sju siedem семь yedi tujuh bảy sedm sedam "
        "seitsemän syv सात সাত เจ็ด سبعة هفت"
    ),
    8: (
        "eight ocho huit acht otto oito åtta osiem восемь sekiz delapan tám osm osam kahdeksan åtte "
        "आठ আট แปด ثمانية هشت"
    ),
    9: (
        "nine nueve neuf neun nove negen nio dziewięć девять dokuz sembilan chín devět devet "
        "yhdeksän ni नौ নয় เก้า تسعة نه"
    ),
    10: ("ten diez dix zehn dieci dez tien tio dziesięć десять on sepuluh mười deset kymmenen ti दस দশ สิบ عشرة ده"),
    11: "eleven once onze elf undici elva jedenaście одиннадцать onbir sebelas",
    12: "twelve doce douze zwölf dodici doze twaalf tolv dwanaście двенадцать oniki",
    13: "thirteen trece treize dreizehn tredici treze dertien tretton",
    14: "fourteen catorce quatorze vierzehn quattordici veertien fjorton",
    15: "fifteen quince quinze fünfzehn quindici vijftien femton",
    16: "sixteen seize sechzehn sedici zestien sexton",
    17: "seventeen siebzehn diciassette zeventien sjutton",
    18: "eighteen achtzehn diciotto achttien arton",
    19: "nineteen neunzehn diciannove negentien nitton",
    20: "twenty veinte vingt zwanzig venti vinte twintig tjugo dwadzieścia двадцать yirmi",
    30: "thirty treinta trente dreißig trenta trinta dertig trettio trzydzieści тридцать otuz",
    40: "forty cuarenta quarante vierzig quaranta quarenta veertig fyrtio сорок kırk",
    50: "fifty cincuenta cinquante fünfzig cinquanta cinquenta vijftig femtio пятьдесят elli",
    60: "sixty sesenta soixante sechzig sessanta sessenta zestig sextio шестьдесят altmış",
    70: "seventy setenta siebzig settanta zeventig sjuttio семьдесят yetmiş",
    80: "eighty ochenta achtzig ottanta oitenta tachtig åttio восемьдесят seksen",
    90: "ninety noventa neunzig novanta negentig nittio девяносто doksan",
    100: "hundred cien cent hundert cento cem honderd hundra sto сто yüz seratus",
}
# Words that are something else more often than a number, in another language of the list.
_NO_NUMBERS = frozenset("to ti on once ni ba due sei dix hai sto cent tio nio elf fem sex fire nove".split())
_NEVER_NUMBERS = frozenset("to ti on once ni ba hai sto fire".split())  # not even beside another: twenty to thirty

NUMBERS: dict[str, int] = {
    word.casefold(): value for value, words in _NUMBERS.items() for word in words.split() if word not in _NO_NUMBERS
}
NUMBERS["one"] = 1  # English has other articles
# Beside another number word each is one: dix in soixante-dix.
IN_COMPOUNDS: dict[str, int] = {
    **dict.fromkeys("one un une uno um один одна jeden bir satu".split(), 1),
    **{
        word.casefold(): value
        for value, words in _NUMBERS.items()
        for word in words.split()
        if word not in _NEVER_NUMBERS
    },
    "vingts": 20,
    "cents": 100,
}
SCORES = frozenset((60, 80))  # French counts on from these to 79 and 99


def _in_one_word(units: str, tens: str, form: Callable[[str, str], str]) -> dict[str, int]:
    """The numbers from 21 to 99 of a language that writes them in one word."""
    return {
        form(unit, ten).casefold(): 10 * many + few
        for many, ten in enumerate(tens.split(), 2)
        for few, unit in enumerate(units.split(), 1)
    }


NUMBERS |= _in_one_word(
    "ein zwei drei vier fünf sechs sieben acht neun",
    "zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig",
    lambda unit, ten: f"{unit}und{ten}",
)
NUMBERS |= _in_one_word(
    "een twee drie vier vijf zes zeven acht negen",
    "twintig dertig veertig vijftig zestig zeventig tachtig negentig",
    lambda unit, ten: f"{unit}{'ën' if unit.endswith('e') else 'en'}{ten}",
)
NUMBERS |= _in_one_word(
    "uno due tre quattro cinque sei sette otto nove",
    "venti trenta quaranta cinquanta sessanta settanta ottanta novanta",
    lambda unit, ten: (ten[:-1] if unit[0] in "uo" else ten) + unit,
)
NUMBERS |= _in_one_word(
    "en två tre fyra fem sex sju åtta nio",
    "tjugo trettio fyrtio femtio sextio sjuttio åttio nittio",
    lambda unit, ten: ten + unit,
)

_SCALES = {
    1e3: "thousand tausend mille mila mil duizend tusen tysięcy tys тысяч тысячи тыс bin ribu nghìn हजार ألف هزار",
    1e5: "lakh lakhs lac लाख",
    1e6: (
        "million millions mln mn millón millones Mio Millionen milione milioni milhão milhões miljoen miljon miljoner"
        " milion milionów миллион миллиона миллионов млн milyon juta triệu مليون میلیون"
    ),
    1e7: "crore crores करोड़",
    1e9: (
        "billion billions bln bn milliard milliards Milliarde Milliarden Mrd miliardo miliardi bilhão bilhões miljard"
        " miljarder mld miliardów миллиард миллиарда миллиардов млрд milyar miliar tỷ مليار میلیارد"
    ),
    1e12: "trillion trillions trln tn triliun",
}
SCALES: dict[str, float] = {word.casefold(): value for value, words in _SCALES.items() for word in words.split()}
# Of Chinese and Japanese, written behind their figure without a space.
HAN_DIGITS = {
    char: value
    for value, chars in enumerate(("〇零", "一", "二", "三", "四", "五", "六", "七", "八", "九"))
    for char in chars
}
HAN_SCALES = {"十": 10, "百": 100, "千": 1000, "万": 10_000, "萬": 10_000, "億": 10**8, "亿": 10**8, "兆": 10**12}

_DATES = """
january february march april may june july august september october november december jan feb mar apr jun jul aug sep
sept oct nov dec monday tuesday wednesday thursday friday saturday sunday mon tue wed thu fri sat
enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre lunes martes miércoles jueves
viernes sábado domingo janvier février mars avril mai juin juillet août septembre octobre novembre décembre lundi mardi
mercredi jeudi vendredi samedi dimanche januar februar märz juni juli oktober dezember montag dienstag mittwoch
donnerstag freitag samstag sonnabend sonntag gennaio febbraio aprile maggio giugno luglio settembre ottobre dicembre
lunedì martedì mercoledì giovedì venerdì sabato domenica janeiro fevereiro março maio junho julho setembro outubro
novembro dezembro segunda-feira terça-feira quarta-feira quinta-feira sexta-feira januari februari maart mei augustus
oktober maandag dinsdag woensdag donderdag vrijdag zaterdag zondag stycznia lutego marca kwietnia maja czerwca lipca
sierpnia września października listopada grudnia poniedziałek wtorek środa czwartek piątek sobota niedziela
января февраля марта апреля мая июня июля августа сентября октября ноября декабря понедельник вторник среда среду
четверг пятница пятницу суббота субботу воскресенье ocak şubat mart nisan mayıs haziran temmuz ağustos eylül ekim kasım
aralık pazartesi salı çarşamba perşembe cuma cumartesi pazar januari februari maret agustus desember senin selasa rabu
kamis jumat sabtu minggu
يناير فبراير مارس أبريل مايو يونيو يوليو أغسطس سبتمبر أكتوبر نوفمبر ديسمبر
الاثنين الثلاثاء الأربعاء الخميس الجمعة السبت الأحد
"""
DATES = frozenset(word.casefold() for word in _DATES.split())
# Also common words, or names, in some language: dates only where they are capitalised.
CAPITALISED_DATES = frozenset(
    "may march mar jan sat sun mon wed dec mars mai juin mei maja pazar senin minggu segunda".split()
)

_UP = """
up rose rise rises risen rising raise raised raises raising gain gains gained higher increase increased increases
jump jumped surge surged soared climbed grew buy buys bought acquires win wins won beat beats profit profits
sube suben subió subieron aumenta aumentó aumento alza compra compró gana ganó hausse augmente augmenté monte bondit
gagne achète steigt stieg gestiegen erhöht gewinnt kauft sale salito aumenta vince compra sobe subiu aumenta cresce
растет вырос выросла повысил naik meningkat menang membeli yükseldi arttı kazandı stijgt steeg wint
"""
_DOWN = """
down fell fall falls fallen falling cut cuts cutting drop dropped drops lower decline declined declines decrease
decreased slid slumped plunged tumbled sank sell sells sold divests lose loses lost loss losses
baja bajan bajó cae caen cayó reduce redujo vende vendió pierde perdió baisse recule chute baissé perd vend sinkt sank
gesunken fällt gesenkt verliert verkauft scende cala calo perde vende cai caiu reduz падает упал снизил turun menurun
kalah menjual düştü azaldı kaybetti daalt daalde verliest
"""
UP = frozenset(word.casefold() for word in _UP.split()) - frozenset({"sale"})
DOWN = frozenset(word.casefold() for word in _DOWN.split())
