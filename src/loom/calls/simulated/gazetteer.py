"""A few well-known names, titles and endings: all that the family knows of the world by heart."""

__all__ = [
    "CALENDAR",
    "FIRST_NAMES",
    "ORG_NAMES",
    "ORG_WORDS",
    "PERSON_WORDS",
    "PLACES",
    "PLACE_WORDS",
    "TITLES",
]


def _set(text: str) -> frozenset[str]:
    return frozenset(name.strip() for name in text.split(","))


TITLES = _set("Mr,Mrs,Ms,Miss,Dr,Prof,Professor,President,Senator,Minister,Sir,Lady,Judge,Captain,Mayor,Chancellor,"
              "Governor,Doctor,King,Queen,Prince,Princess,General,Chairman,Chairwoman,Director,Ambassador,Secretary")  # fmt: skip
PERSON_WORDS = _set("said,says,told,wrote,born,joined,married,died,resigned,explained,argued,teaches,studied,added,thanked,"
                    "asked,met,signed,who,replied,led,painted,discovered,invented,composed,spoke,retired,moved,noted,announced")  # fmt: skip
FIRST_NAMES = _set(
    "Adam,Ahmed,Aisha,Alan,Albert,Alex,Alice,Amelia,Amina,Amy,Ana,Andrea,Andrew,Angela,Anna,Anne,Anthony,Antonio,Arthur,"
    "Barbara,Ben,Benjamin,Bill,Bob,Brian,Carla,Carlos,Carol,Catherine,Charles,Charlotte,Chen,Chloe,Chris,Christine,Claire,"
    "Clara,Daniel,David,Deborah,Diana,Diego,Dmitri,Edward,Elena,Elizabeth,Ella,Emily,Emma,Eric,Erik,Eva,Fatima,Felix,"
    "Fiona,Florence,Francis,Frank,Franklin,George,Grace,Greta,Hannah,Hans,Harry,Helen,Henry,Hiroshi,Hugo,Ian,Ibrahim,"
    "Ines,Ingrid,Irene,Isaac,Isabella,Ivan,Jack,Jacob,James,Jan,Jane,Janet,Jean,Jennifer,Jessica,Joan,Joao,Johanna,John,"
    "Jonas,Jonathan,Jose,Joseph,Juan,Julia,Julian,Karen,Karl,Kate,Katherine,Kenji,Kevin,Laura,Lars,Lena,Leo,Leonardo,Li,"
    "Liam,Linda,Lisa,Louis,Lucas,Lucia,Lucy,Luis,Luke,Magnus,Marco,Marcus,Margaret,Maria,Marie,Mark,Marta,Martha,Martin,"
    "Mary,Matthew,Max,Maya,Mei,Mia,Michael,Miguel,Mohammed,Monica,Nadia,Nancy,Natalia,Nathan,Nelson,Nicholas,Nina,Noah,"
    "Nora,Oliver,Olivia,Omar,Oscar,Pablo,Patricia,Patrick,Paul,Paula,Pedro,Peter,Philip,Pierre,Priya,Rachel,Raj,Rebecca,"
    "Richard,Robert,Roger,Rosa,Ruth,Ryan,Sam,Samuel,Sandra,Sara,Sarah,Simon,Sofia,Sophia,Sophie,Stephen,Steven,Susan,"
    "Tariq,Thomas,Tim,Tom,Tomas,Ursula,Vera,Victor,Victoria,Vincent,Walter,Wei,William,Winston,Yuki,Yusuf,Zoe"
)
PLACES = _set(
    "Africa,Amsterdam,Ankara,Antarctica,Argentina,Asia,Athens,Atlanta,Australia,Austria,Baghdad,Bangkok,Barcelona,Beijing,"
    "Belgium,Berlin,Boston,Brazil,Brisbane,Britain,Brussels,Bucharest,Budapest,Buenos Aires,Cairo,California,Cambridge,"
    "Canada,Cape Town,Chicago,Chile,China,Colombia,Copenhagen,Cuba,Dallas,Delhi,Denmark,Denver,Detroit,Dublin,Edinburgh,"
    "Egypt,England,Estonia,Ethiopia,Europe,Finland,Florence,Florida,France,Frankfurt,Geneva,Germany,Ghana,Glasgow,Greece,"
    "Hamburg,Hanoi,Helsinki,Hong Kong,Houston,Hungary,Iceland,India,Indonesia,Iran,Iraq,Ireland,Israel,Istanbul,Italy,"
    "Jakarta,Japan,Jerusalem,Johannesburg,Kenya,Kyiv,Kyoto,Lagos,Lima,Lisbon,Liverpool,London,Los Angeles,Lyon,Madrid,"
    "Malaysia,Manchester,Manila,Marseille,Melbourne,Mexico,Mexico City,Miami,Milan,Montreal,Morocco,Moscow,Mumbai,Munich,"
    "Nairobi,Naples,Netherlands,New Delhi,New York,New York City,New Zealand,Nigeria,Norway,Osaka,Oslo,Ottawa,Oxford,"
    "Pakistan,Paris,Peru,Philadelphia,Philippines,Phoenix,Poland,Portugal,Prague,Rome,Russia,San Diego,San Francisco,"
    "Santiago,Scotland,Seattle,Seoul,Shanghai,Silicon Valley,Singapore,South Africa,South Korea,Spain,Stockholm,Sweden,"
    "Switzerland,Sydney,Taiwan,Texas,Thailand,Tokyo,Toronto,Turkey,Turin,Uganda,Ukraine,United Kingdom,United States,UK,"
    "USA,US,Vancouver,Venice,Vienna,Vietnam,Wales,Warsaw,Washington,Zurich,Rotterdam,Porto,Seville,Valencia,Krakow,Bristol,Leeds"
)
PLACE_WORDS = _set("River,Lake,Mountain,Mount,Street,Avenue,Road,Square,Valley,Island,Islands,Bay,Ocean,Sea,City,County,"
                   "Province,Peninsula,Desert,Park,Harbour,Harbor,Bridge,Airport,Station,Alps,Coast")  # fmt: skip
ORG_WORDS = _set(
    "Inc,Ltd,LLC,Corp,Corporation,Company,Co,GmbH,AG,SA,SE,PLC,BV,University,College,Institute,School,Bank,Group,Foundation,"
    "Association,Union,Nations,Organization,Organisation,Agency,Ministry,Department,Council,Commission,Committee,Society,"
    "Hospital,Clinic,Museum,Church,Court,Parliament,Senate,Congress,Party,Club,Airlines,Airways,Motors,Systems,Technologies,"
    "Software,Labs,Laboratories,Laboratory,Industries,Holdings,Partners,Media,Press,Times,Post,Orchestra,Federation,League,Trust,"
    "Authority,Services,Solutions,Logistics,Electric,Energy,Pharma,Pharmaceuticals,Bakery,Foods,Insurance,Consulting,"
    "Academy,Library,Fund,Network,Works,Supplies,Studio,Studios,Observatory,Police,Army,Centre,Center,Office,Chamber"
)
ORG_NAMES = _set("NASA,NATO,UNESCO,UNICEF,WHO,IMF,EU,UN,FIFA,CERN,MIT,BBC,IBM,FBI,OPEC,WTO,Google,Microsoft,Apple,Amazon,Siemens,"
                 "Toyota,Samsung,Sony,Intel,Nokia,Volvo,Airbus,Boeing,Greenpeace,Oxfam,Interpol,Reuters,Nestle,Unilever")  # fmt: skip
CALENDAR = _set(
    "January,February,March,April,May,June,July,August,September,October,November,December,Monday,Tuesday,Wednesday,Thursday,"
    "Friday,Saturday,Sunday,Christmas,Easter,English,French,German,Spanish,Italian,Chinese,Japanese,Russian,European,American,"
    "British,African,Asian,Internet,CEO,CFO,CTO,PDF,Hello,Hi,Dear,Regards,Sincerely,Thanks,Thank,Best,Kind,Please,Invoice,Total,Date,"
    "Order,Subject,Amount,Customer,Number,Phone,Email,Nobel,Prize,Olympic,Olympics,Today,Yesterday,Tomorrow"
)
