"""Invented reports in languages beside those of the real material: a template, two events told by it, a follow-up."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Report:
    """A report on an event.

    Attributes:
        template: its sentences, with places for particulars.
        event, other: the particulars of two events.
        later: a report of its own on what became of the first.
    """

    template: tuple[str, ...]
    event: dict[str, str]
    other: dict[str, str]
    later: tuple[str, ...]

    def told(self, particulars: dict[str, str]) -> list[str]:
        """Its sentences on an event."""
        return [sentence.format(**particulars) for sentence in self.template]


def particulars(**found: str) -> dict[str, str]:
    """What an event's report says in the places of its template."""
    return found


ITALIAN = Report(
    (
        "Almeno {a} persone sono rimaste ferite {d} nel deragliamento di un treno regionale vicino a {p}.",
        "Lo hanno riferito i vigili del fuoco, che sono intervenuti con {b} squadre e due elicotteri.",
        "Il convoglio, partito da {q} con {c} passeggeri a bordo, è uscito dai binari all'ingresso di una galleria.",
        "La sindaca {n} ha visitato i feriti e ha promesso che il comune ospiterà le famiglie arrivate da fuori.",
        "Secondo i primi rilievi i danni alla linea superano i {e} milioni di euro.",
        "La circolazione resterà sospesa per {f} giorni, mentre gli autobus sostitutivi partiranno ogni mezz'ora.",
        "I sindacati dei ferrovieri denunciano da tempo la scarsa manutenzione delle gallerie lungo la costa.",
        "La procura ha sequestrato le scatole nere e ascolterà il macchinista appena i medici lo permetteranno.",
        "L'ultimo incidente su quella tratta risaliva al {g} e aveva provocato una lunga causa giudiziaria.",
    ),
    particulars(
        a="23", d="martedì", p="Rocca Pineta", b="14", q="Santolivo", c="180", n="Elena Marchi", e="9", f="12", g="1994"
    ),
    particulars(
        a="7", d="sabato", p="Monte Argine", b="6", q="Fontebuona", c="95", n="Paola Serri", e="4", f="5", g="2008"
    ),
    (
        "Due dirigenti della società ferroviaria sono stati iscritti nel registro degli indagati per disastro colposo.",
        "Gli inquirenti vogliono capire perché un sensore guasto non sia stato sostituito durante l'inverno.",
        "Il legale della compagnia sostiene che ogni controllo previsto dal contratto era stato eseguito.",
        "Un comitato di pendolari ha raccolto tremila firme per chiedere treni nuovi e più personale a bordo.",
        "La regione deciderà entro l'estate se revocare la concessione o imporre una multa.",
    ),
)
POLISH = Report(
    (
        "Co najmniej {a} osób zostało rannych w pożarze hali magazynowej w miejscowości {p}, do którego doszło w {d}.",
        "Z ogniem walczyło {b} zastępów straży pożarnej, a akcja gaśnicza trwała {c} godzin.",
        "Komendant {n} powiedział dziennikarzom, że strop zawalił się kilka minut po ewakuacji ostatniej zmiany.",
        "W hali przechowywano farby i opony, dlatego mieszkańcom zalecono zamknięcie okien.",
        "Straty oszacowano wstępnie na {e} milionów złotych, a właściciel firmy zapowiedział odbudowę.",
        "Na czas dochodzenia zamknięto drogę wojewódzką na odcinku {f} kilometrów.",
        "Inspekcja sprawdzi, czy instalacja przeciwpożarowa była sprawna i czy zapasy nie przekraczały norm.",
        "Burmistrz zapewnił, że pracownicy otrzymają zasiłki i pomoc psychologiczną.",
        "Podobny pożar wybuchł w tej okolicy w {g} roku, lecz wtedy nikt nie ucierpiał.",
    ),
    particulars(a="17", d="wtorek", p="Jarzębin", b="24", c="9", n="Marek Lipski", e="31", f="6", g="2003"),
    particulars(a="8", d="niedzielę", p="Borowiec", b="13", c="5", n="Tomasz Gajda", e="12", f="3", g="2011"),
    (
        "Prokuratura postawiła zarzuty kierownikowi zmiany, który miał wyłączyć alarm podczas załadunku.",
        "Biegli ustalili, że iskra pochodziła z wózka naprawianego tego samego popołudnia.",
        "Obrońca podejrzanego uważa, że jego klient wykonywał polecenia zarządu spółki.",
        "Rodziny poszkodowanych złożyły w sądzie wspólny pozew o odszkodowanie.",
        "Rada miasta rozważa zakaz składowania opon w pobliżu osiedli mieszkaniowych.",
    ),
)
TURKISH = Report(
    (
        "{p} ilçesinde {d} günü bir köprünün çökmesi sonucu en az {a} kişi yaralandı.",
        "Valilikten yapılan açıklamada bölgeye {b} ambulans ve çok sayıda kurtarma ekibi gönderildiği bildirildi.",
        "Nehre düşen {c} araçtan çıkarılan sürücüler çevredeki hastanelerde tedavi altına alındı.",
        "Belediye başkanı {n}, köprünün geçen yıl onarıldığını ve raporların savcılığa teslim edildiğini söyledi.",
        "İlk belirlemelere göre zararın {e} milyon lirayı bulduğu tahmin ediliyor.",
        "Karayolları, trafiğin {f} gün boyunca eski yoldan sağlanacağını duyurdu.",
        "Mühendisler odası, nehir yatağından kum çekilmesinin ayakları zayıflattığını savundu.",
        "Muhalefet milletvekilleri konunun mecliste araştırılması için önerge verdi.",
        "Köprü {g} yılında hizmete açılmış ve o günden beri iki kez genişletilmişti.",
    ),
    particulars(a="19", d="salı", p="Akçadere", b="26", c="11", n="Selim Aktürk", e="48", f="30", g="1978"),
    particulars(a="6", d="pazar", p="Gölbaşıköy", b="9", c="4", n="Kemal Tunalı", e="17", f="45", g="1985"),
    (
        "Savcılık, müteahhit firmanın iki yöneticisi hakkında tutuklama kararı çıkarttı.",
        "Bilirkişi raporunda kullanılan betonun sözleşmedeki dayanıma ulaşmadığı belirtildi.",
        "Firmanın avukatı, malzemenin devlet laboratuvarında denetlendiğini ileri sürdü.",
        "Yaralıların yakınları adliye önünde sessiz bir yürüyüş düzenledi.",
        "Bakanlık, benzer üç yüz köprünün sonbahara kadar inceleneceğini açıkladı.",
    ),
)
VIETNAMESE = Report(
    (
        "Ít nhất {a} người bị thương khi một chiếc phà va vào trụ cầu ở {p} vào sáng {d}.",
        "Lực lượng cứu hộ đã điều {b} tàu đến hiện trường và đưa toàn bộ hành khách lên bờ an toàn.",
        "Theo cảng vụ, phà chở {c} hành khách cùng nhiều xe máy và hàng hóa khi tai nạn xảy ra.",
        "Ông {n}, chủ tịch huyện, cho biết người dân hai bên sông đã dùng thuyền nhỏ để hỗ trợ.",
        "Thiệt hại ban đầu được ước tính khoảng {e} tỷ đồng, chưa kể phần trụ cầu bị nứt.",
        "Bến phà tạm ngừng hoạt động trong {f} ngày để cơ quan chức năng điều tra nguyên nhân.",
        "Một nhân chứng kể rằng sương mù dày đặc khiến tài công không nhìn thấy đèn tín hiệu.",
        "Sở giao thông yêu cầu mọi phương tiện chở khách lắp thiết bị định vị trước mùa mưa.",
        "Tuyến phà này được mở từ năm {g} và nhiều lần bị phản ánh là quá tải.",
    ),
    particulars(a="21", d="thứ ba", p="Bình Thạnh Đông", b="15", c="130", n="Nguyễn Văn Lâm", e="36", f="7", g="1996"),
    particulars(a="8", d="thứ bảy", p="Long Hòa Tây", b="6", c="74", n="Trần Quốc Khải", e="14", f="3", g="2004"),
    (
        "Cơ quan điều tra đã khởi tố thuyền trưởng vì cho phà rời bến khi chưa được phép.",
        "Kết quả giám định cho thấy động cơ đã không được bảo dưỡng suốt hai năm.",
        "Luật sư của bị can nói rằng chủ doanh nghiệp mới là người ra lệnh chạy thêm chuyến.",
        "Các gia đình nạn nhân đề nghị bồi thường viện phí và tiền xe bị hư hỏng.",
        "Tỉnh dự định xây một cây cầu mới để thay thế hoàn toàn tuyến phà vào cuối thập niên.",
    ),
)
GREEK = Report(
    (
        "Τουλάχιστον {a} άνθρωποι τραυματίστηκαν την {d} από κατολίσθηση σε επαρχιακό δρόμο κοντά στο χωριό {p}.",
        "Στο σημείο έσπευσαν {b} οχήματα της πυροσβεστικής και διασώστες με ειδικά εκπαιδευμένους σκύλους.",
        "Βράχια και λάσπη καταπλάκωσαν {c} αυτοκίνητα που περίμεναν να ανοίξει η κυκλοφορία.",
        "Ο δήμαρχος {n} δήλωσε ότι οι κάτοικοι είχαν προειδοποιήσει πολλές φορές για ρωγμές στην πλαγιά.",
        "Οι ζημιές υπολογίζονται σε {e} εκατομμύρια ευρώ, ενώ δύο σπίτια κρίθηκαν ακατάλληλα.",
        "Ο δρόμος θα παραμείνει κλειστός για {f} ημέρες και η μετακίνηση θα γίνεται από τον παλιό χωματόδρομο.",
        "Γεωλόγοι του πανεπιστημίου εγκατέστησαν όργανα που καταγράφουν κάθε μετακίνηση του εδάφους.",
        "Η περιφέρεια υποσχέθηκε έργα στήριξης πριν από τις πρώτες βροχές του φθινοπώρου.",
        "Παρόμοια κατολίσθηση είχε αποκλείσει την περιοχή το {g} για ολόκληρο τον χειμώνα.",
    ),
    particulars(a="13", d="Τρίτη", p="Πετρόβρυση", b="18", c="7", n="Νίκος Βλαχάκης", e="6", f="20", g="1991"),
    particulars(a="5", d="Κυριακή", p="Αγριόκαμπος", b="9", c="3", n="Στέλιος Ραπτόπουλος", e="2", f="8", g="2010"),
    (
        "Ο εισαγγελέας άσκησε δίωξη σε τρεις μηχανικούς που υπέγραψαν την παραλαβή του τοίχου αντιστήριξης.",
        "Από τα έγγραφα προκύπτει ότι οι μετρήσεις είχαν διακοπεί ελλείψει χρημάτων.",
        "Οι συνήγοροι υποστηρίζουν πως η μελέτη εγκρίθηκε από το υπουργείο χωρίς παρατηρήσεις.",
        "Σύλλογος γονέων ζητεί να μεταφερθεί προσωρινά το σχολείο σε ασφαλέστερο σημείο.",
        "Η απόφαση για τη μόνιμη παράκαμψη αναμένεται μετά τις γιορτές.",
    ),
)
HEBREW = Report(
    (
        "לפחות {a} בני אדם נפצעו ביום {d} בקריסת במה בפסטיבל מוזיקה סמוך ליישוב {p}.",
        "צוותי ההצלה הזעיקו {b} אמבולנסים והפצועים פונו לשלושה בתי חולים באזור.",
        "במקום שהו כ-{c} צופים, ורבים מהם סייעו להרים את קורות המתכת שנפלו.",
        "ראש המועצה {n} אמר כי האישור לאירוע ניתן לאחר ביקורת של מהנדס מוסמך.",
        "המארגנים העריכו את הנזק ב-{e} מיליון שקלים והודיעו על ביטול יתר ההופעות.",
        "המשטרה סגרה את המתחם ל-{f} ימים וגבתה עדויות מעובדי הבמה.",
        "עובד ותיק סיפר כי הרוח התחזקה בפתאומיות ואיש לא הורה לפנות את השורות הראשונות.",
        "משרד העבודה ינסח תקנות חדשות להקמת במות זמניות תחת כיפת השמיים.",
        "אסון דומה אירע באזור בשנת {g} ובעקבותיו הוקמה ועדה שהמלצותיה לא יושמו.",
    ),
    particulars(a="16", d="שלישי", p="גבעת אלונים", b="22", c="4800", n="יואב שטרית", e="3", f="9", g="2001"),
    particulars(a="7", d="שבת", p="נווה תמרים", b="10", c="1900", n="דורון אלקיים", e="5", f="4", g="2012"),
    (
        "הפרקליטות הגישה כתב אישום נגד קבלן הבמה בגין רשלנות חמורה.",
        "לפי חוות הדעת, ארבעה ברגים מרכזיים הוחלפו בחלקים זולים שאינם עומדים בתקן.",
        "סנגורו טען שהציוד נבדק בבוקר האירוע ונמצא תקין לחלוטין.",
        "משפחות הפצועים דורשות פיצוי גם מן העירייה שמימנה את הערב.",
        "הדיון הבא נקבע לאחר חופשת הקיץ של בתי המשפט.",
    ),
)
BENGALI = Report(
    (
        "{p} উপজেলায় {d} সকালে একটি যাত্রীবাহী লঞ্চ চরে আটকে অন্তত {a} জন আহত হয়েছেন।",
        "ফায়ার সার্ভিসের {b}টি দল ও স্থানীয় জেলেরা নৌকা নিয়ে যাত্রীদের তীরে পৌঁছে দেন।",
        "কর্তৃপক্ষ জানায়, লঞ্চটিতে প্রায় {c} জন যাত্রী এবং বিপুল পরিমাণ পণ্য ছিল।",
        "জেলা প্রশাসক {n} সাংবাদিকদের বলেন, আহতদের চিকিৎসার সব খরচ সরকার বহন করবে।",
        "প্রাথমিক হিসাবে ক্ষতির পরিমাণ {e} কোটি টাকা বলে ধারণা করা হচ্ছে।",
        "নৌপথটি {f} দিন বন্ধ থাকবে এবং যাত্রীদের বিকল্প সড়ক ব্যবহার করতে বলা হয়েছে।",
        "যাত্রীরা অভিযোগ করেন, ঘন কুয়াশার মধ্যেও চালক গতি কমাননি।",
        "নৌ মন্ত্রণালয় তিন সদস্যের কমিটি গঠন করে দুই সপ্তাহের মধ্যে প্রতিবেদন চেয়েছে।",
        "একই নদীতে {g} সালে আরেকটি বড় দুর্ঘটনা ঘটেছিল, যার বিচার এখনও শেষ হয়নি।",
    ),
    particulars(a="24", d="মঙ্গলবার", p="চরভাঙ্গা", b="12", c="340", n="আশরাফুল কবির", e="8", f="6", g="2002"),
    particulars(a="9", d="শনিবার", p="মধুপাড়া", b="5", c="160", n="রাশেদ মাহমুদ", e="3", f="4", g="2014"),
    (
        "আদালত লঞ্চের মালিককে কারাগারে পাঠানোর নির্দেশ দিয়েছেন।",
        "তদন্তে দেখা গেছে, নৌযানটির নিবন্ধনের মেয়াদ গত বছরই শেষ হয়েছিল।",
        "মালিকের আইনজীবী দাবি করেন, চালক কোম্পানির নিয়ম অমান্য করেছিলেন।",
        "আহতদের স্বজনেরা ক্ষতিপূরণের দাবিতে মানববন্ধন করেছেন।",
        "সরকার নদীতে আরও বাতি বসানোর প্রকল্প হাতে নিয়েছে।",
    ),
)
REPORTS = {
    "it": ITALIAN,
    "pl": POLISH,
    "tr": TURKISH,
    "vi": VIETNAMESE,
    "el": GREEK,
    "he": HEBREW,
    "bn": BENGALI,
}
