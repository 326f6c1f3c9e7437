"""A small thesaurus: groups of words that mean nearly the same, to read a definition in other words than its own."""

from collections import defaultdict
from functools import lru_cache

from loom.calls.simulated.text import stem

__all__ = ["related"]

_GROUPS = """
payment pay paid charged charge debit debited deducted card bank transfer statement money amount cash
    checkout
invoice bill receipt statement tax vat bookkeeping accountant
refund reimburse refunded reimbursement owed credited money
price cost costs expensive cheaper fee discount voucher coupon code gift balance offer promo
subscription renewal plan membership instalment monthly
parcel package delivery shipment courier postman driver doorstep neighbour neighbours arrive arrived
    tracking shipped dispatched warehouse depot delivered sent handed porch delayed
late delayed waiting overdue still
return back exchange replace replacement swap refuse unwanted
broken cracked damaged faulty defective chipped scratched dented leaking leaks snapped torn bent shattered
    loose wobble wobbly rusty missing incomplete peeled crack chip rust rusts split stuck
incomplete missing lacks without screws lid part
wrong incorrect mistaken different instead
password login sign log locked account username reset access code profile verification two-step signed
email mail address newsletter unsubscribe inbox contact
personal name address birthday phone data details privacy delete
stranger somebody someone hacked fraud stolen unknown unauthorised suspicious never
size dimensions fit fits cm litre litres diameter height width inches measure large small
material steel wood glass ceramic cotton plastic iron coated coating made aluminium copper oak
care clean wash dishwasher oil soak descale polish store sharpen oven microwave induction hob safe
stock available availability restock sold
compatible compatibility fits works spare lid cartridge adapter
work works use using function how manual instructions leaflet
angry anger furious outraged shame disgrace unbelievable incompetent terrible worst ridiculous fed
    appalling
disappointed disappointment sad let unhappy dissatisfied poor expected
rude unfriendly impolite tone treated ignored arrogant shouted attitude condescending
    colleague hotline staff employee assistant service manners
thanks thank grateful praise wonderful lovely beautiful great compliment happy delighted delicious love
job application vacancy apply internship career cv position
press journalist article interview magazine reporter blog
supplier wholesale manufacturer partnership catalogue cooperation reseller
advertising offer promote marketing seo visibility ranking ad campaign
recipient addressee wrong mistaken misdirected misrouted
dangerous danger fire smoke burn burned burns injured injury cut shock sparks exploded unsafe hazard
    splinter hurt bleeding overheats
today tomorrow tonight now immediately noon hours weekend deadline morning evening tonight's
hurry rush whenever time sometime eventually leisure
urgent asap immediately emergency critical now
error crash bug exception failure glitch freezes freeze hangs broken blank timeout slow outage down
install installation setup update upgrade version download configure
internet network wifi connection router vpn offline
feature suggestion wish idea improve add
cancel cancelled cancellation stop terminate end close closing
contract agreement clause law legal lawyer court lawsuit liability terms signed party
meeting minutes agenda attendees board motion discussed
hospital doctor patient treatment disease medicine symptoms clinic nurse pain
match team player coach goal league season tournament champion score win
election government minister parliament vote president policy party law
market shares stock profit revenue investors bank interest earnings inflation economy
research researchers scientists study experiment laboratory discovery species planet telescope
software computer phone chip data app device robot digital ai internet startup
film music album actor concert festival singer theatre show series
flight hotel trip booking airport luggage train reservation tour holiday travel
restaurant meal food menu dish chef taste cook recipe waiter
school student teacher university course exam lesson class
rain storm snow temperature forecast wind flood weather sunny
employee salary leave vacation payroll hiring manager staff onboarding
free winner prize claim lottery congratulations guaranteed bonus click limited
"""


@lru_cache(maxsize=1)
def _index() -> dict[str, tuple[str, ...]]:
    near: defaultdict[str, dict[str, None]] = defaultdict(dict)
    for group in _GROUPS.strip().replace("\n    ", " ").splitlines():
        members = [stem(word) for word in group.split()]
        for member in members:
            near[member].update(dict.fromkeys(members))
    return {member: tuple(others) for member, others in near.items()}


def related(cue: str, limit: int) -> tuple[str, ...]:
    """Stems that mean nearly the same as the stem `cue`, at most `limit`."""
    return _index().get(cue, ())[:limit]
