"""General knowledge: words that commonly go with common class names. Small on purpose, and ours."""

import re
from functools import lru_cache

from loom.calls.simulated.text import stem

__all__ = ["NEGATIVE", "POSITIVE", "associations"]

_TOPICS = """
billing: invoice charge payment bill refund card subscription price fee receipt paid charged money renewal
    credit plan statement tax debit overcharged twice cost
payment: card pay paid charge invoice bank transfer fee declined checkout wallet
refund: refund money back return reimburse reimbursement cancel charged
technical: error crash bug login broken install app server slow fail screen update crashes loading freezes
    code api page message connection install device version blank timeout
bug: error crash broken fail exception wrong freezes glitch unexpected blank stops working reproduce
feature: add wish suggestion could support request option improve love idea nice please ability
account: password login account sign email profile locked reset username access verify settings delete
    user
access: login password locked permission sign account reset
shipping: package delivery deliver parcel shipped tracking courier order arrive late address arrived
    shipment lost warehouse transit
delivery: package parcel courier arrive late shipped tracking address order doorstep
return: return exchange send back refund wrong size damaged label
product: product quality item works feature material size colour broken
sales: offer offers buy price upgrade buy purchase price quote demo pricing plan upgrade discount licence
    interested trial seats
complaint: disappointed unacceptable terrible angry complain worst rude manager disgusted never again
praise: thank great love excellent wonderful amazing helpful fantastic best
question: how what when where which can could wondering know does
urgent: urgent immediately asap now emergency down critical outage blocked today production stopped
    deadline
critical: down outage production data loss security breach immediately all emergency
high: urgent immediately asap blocked critical down cannot deadline today production outage
medium: soon week issue some sometimes slow workaround
low: whenever minor question suggestion cosmetic curious sometime typo rush hurry
spam: free winner prize click offer cash limited win congratulations deal lottery guaranteed claim credit
    bonus
phishing: verify account password click link suspended confirm bank login urgent
legal: contract court law clause liability agreement lawyer plaintiff party statute lawsuit terms judge
contract: agreement party parties clause hereby terms term obligations signed effective termination
invoice: invoice due total amount bill payment number vat subtotal net remit
receipt: receipt paid purchase total thank cashier change store
report: report findings quarter results analysis figures summary annual
minutes: meeting attendees agenda minutes discussed board action motion
resume: experience education skills worked university degree employment references
letter: dear sincerely regards writing yours
memo: memo staff reminder effective policy employees
finance: bank stock market shares profit revenue investors interest fund earnings quarter dividend loan
    inflation
business: company market shares profit revenue merger chief executive startup investors sales deal firm
sports: game match team season player coach goal win league score championship tournament cup final
    striker
politics: election government minister parliament vote president party policy senate campaign law mayor
technology: software chip phone data computer internet robot app device startup digital battery processor
    ai
science: researchers study scientists discovery laboratory physics species experiment telescope cells
    planet
health: patients hospital disease doctor vaccine treatment medical symptoms drug clinic nurse therapy
medical: patient doctor hospital treatment symptoms diagnosis dose
entertainment: film movie actor music album show series festival singer director premiere concert
travel: flight hotel trip booking airport luggage train reservation passport tour beach
food: restaurant meal recipe dish cook delicious menu chef taste
education: school students teacher university course exam lessons classroom
weather: rain storm temperature snow forecast wind sunny flood
security: breach password attack vulnerability hacked phishing malware leak suspicious
hr: salary leave vacation hiring employee benefits payroll manager onboarding contract
hardware: broken screen battery charger device cracked button laptop screen keyboard printer monitor cable
    battery disk mouse
software: app install update version crash program licence
network: signal calls drop outage internet slow wifi vpn connection network router offline dns
cancellation: cancel stop end subscription terminate close
"""
_SYNONYMS = """
tech technical, support technical, shipment shipping, logistics shipping, login account, bugs bug, defect
bug, incident urgent, feedback praise, compliment praise, sport sports, political politics, financial
finance, economy finance, scientific science, culture entertainment, returns return, refunds refund,
payments payment, enquiry question, inquiry question, junk spam, cv resume, normal medium, cancel
cancellation
"""
_POSITIVE_WORDS = """
good great excellent love loved amazing wonderful fantastic happy pleased perfect best helpful friendly
nice enjoy enjoyed recommend delicious brilliant superb smooth easy fast reliable thank thanks impressed
delighted beautiful comfortable quick charming outstanding flawless glad favourite worth clean polite
spotless kind
"""
_NEGATIVE_WORDS = """
bad terrible awful hate hated horrible worst poor disappointed disappointing broken rude slow useless
angry waste wasted annoying frustrating frustrated cold dirty late wrong fail failed never refund
unacceptable ugly boring noisy overpriced uncomfortable mess regret avoid problem crash crashes unhelpful
bland stale cracked tore stopped leaking faulty
"""
_BY_TOPIC = {
    topic: words.split()
    for topic, words in (line.split(":") for line in _TOPICS.strip().replace("\n    ", " ").splitlines())
}
_SAME: dict[str, str] = dict(re.findall(r"(\w+) (\w+)", _SYNONYMS))

POSITIVE = frozenset(stem(word) for word in _POSITIVE_WORDS.split())
NEGATIVE = frozenset(stem(word) for word in _NEGATIVE_WORDS.split())


@lru_cache(maxsize=1024)
def associations(label_word: str, limit: int) -> tuple[str, ...]:
    """Stems that go with a class called `label_word`, the most typical first, at most `limit`."""
    word = label_word.lower()
    if word in {"positive", "negative"}:
        return tuple(sorted(POSITIVE if word == "positive" else NEGATIVE))[: limit * 4]
    listed = _BY_TOPIC.get(_SAME.get(word, word)) or _BY_TOPIC.get(word.rstrip("s"), [])
    return tuple(stem(spelled) for spelled in listed[:limit])
