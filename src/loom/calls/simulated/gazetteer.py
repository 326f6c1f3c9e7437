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


def _names(text: str) -> frozenset[str]:
    return frozenset(" ".join(name.split()) for name in text.split(","))


TITLES = _names(
    """
    Ambassador, Aunt, Brother, Captain, Chairman, Chairwoman, Chancellor, Chef, Coach, Colonel, Director,
    Doctor, Don, Dr, Father, Frau, General, Governor, Herr, Inspector, Judge, King, Lady, Lieutenant, Madame,
    Major, Mayor, Minister, Miss, Monsieur, Mr, Mrs, Ms, Nurse, Officer, President, Prince, Princess, Prof,
    Professor, Queen, Rector, Secretary, Senator, Sergeant, Sir, Sister, Uncle
    """
)
PERSON_WORDS = _names(
    """
    added, admits, announced, apologised, argued, asked, believes, born, called, calls, composed, died,
    discovered, explained, insists, invented, joined, laughed, led, married, met, moved, nods, noted, owns,
    painted, played, plays, replied, resigned, retired, runs, said, sang, says, signed, sings, spoke, studied,
    teaches, thanked, thinks, told, who, writes, wrote
    """
)
FIRST_NAMES = _names(
    """
    Adam, Ahmed, Aisha, Alan, Albert, Alex, Alice, Amelia, Amina, Amy, Ana, Andrea, Andrew, Angela, Anna,
    Anne, Anthony, Antonio, Arthur, Barbara, Ben, Benjamin, Bill, Bob, Brian, Carla, Carlos, Carol, Catherine,
    Charles, Charlotte, Chen, Chloe, Chris, Christine, Claire, Clara, Daniel, David, Deborah, Diana, Diego,
    Dmitri, Edward, Elena, Elizabeth, Ella, Emily, Emma, Eric, Erik, Eva, Fatima, Felix, Fiona, Florence,
    Francis, Frank, Franklin, George, Grace, Greta, Hannah, Hans, Harry, Helen, Henry, Hiroshi, Hugo, Ian,
    Ibrahim, Ines, Ingrid, Irene, Isaac, Isabella, Ivan, Jack, Jacob, James, Jan, Jane, Janet, Jean, Jennifer,
    Jessica, Joan, Joao, Johanna, John, Jonas, Jonathan, Jose, Joseph, Juan, Julia, Julian, Karen, Karl, Kate,
    Katherine, Kenji, Kevin, Lars, Laura, Lena, Leo, Leonardo, Li, Liam, Linda, Lisa, Louis, Lucas, Lucia,
    Lucy, Luis, Luke, Magnus, Marco, Marcus, Margaret, Maria, Marie, Mark, Marta, Martha, Martin, Mary,
    Matthew, Max, Maya, Mei, Mia, Michael, Miguel, Mohammed, Monica, Nadia, Nancy, Natalia, Nathan, Nelson,
    Nicholas, Nina, Noah, Nora, Oliver, Olivia, Omar, Oscar, Pablo, Patricia, Patrick, Paul, Paula, Pedro,
    Peter, Philip, Pierre, Priya, Rachel, Raj, Rebecca, Richard, Robert, Roger, Rosa, Ruth, Ryan, Sam, Samuel,
    Sandra, Sara, Sarah, Simon, Sofia, Sophia, Sophie, Stephen, Steven, Susan, Tariq, Thomas, Tim, Tom, Tomas,
    Ursula, Vera, Victor, Victoria, Vincent, Walter, Wei, William, Winston, Yuki, Yusuf, Zoe
    """
)
PLACES = _names(
    """
    Africa, Amsterdam, Ankara, Antarctica, Argentina, Asia, Athens, Atlanta, Australia, Austria, Baghdad,
    Bangkok, Barcelona, Beijing, Belgium, Berlin, Boston, Brazil, Brisbane, Bristol, Britain, Brussels,
    Bucharest, Budapest, Buenos Aires, Cairo, California, Cambridge, Canada, Cape Town, Chicago, Chile, China,
    Colombia, Copenhagen, Cuba, Dallas, Delhi, Denmark, Denver, Detroit, Dublin, Edinburgh, Egypt, England,
    Estonia, Ethiopia, Europe, Finland, Florence, Florida, France, Frankfurt, Geneva, Germany, Ghana, Glasgow,
    Greece, Hamburg, Hanoi, Helsinki, Hong Kong, Houston, Hungary, Iceland, India, Indonesia, Iran, Iraq,
    Ireland, Israel, Istanbul, Italy, Jakarta, Japan, Jerusalem, Johannesburg, Kenya, Krakow, Kyiv, Kyoto,
    Lagos, Leeds, Lima, Lisbon, Liverpool, London, Los Angeles, Lyon, Madrid, Malaysia, Manchester, Manila,
    Marseille, Melbourne, Mexico, Mexico City, Miami, Milan, Montreal, Morocco, Moscow, Mumbai, Munich,
    Nairobi, Naples, Netherlands, New Delhi, New York, New York City, New Zealand, Nigeria, Norway, Osaka,
    Oslo, Ottawa, Oxford, Pakistan, Paris, Peru, Philadelphia, Philippines, Phoenix, Poland, Porto, Portugal,
    Prague, Rome, Rotterdam, Russia, San Diego, San Francisco, Santiago, Scotland, Seattle, Seoul, Seville,
    Shanghai, Silicon Valley, Singapore, South Africa, South Korea, Spain, Stockholm, Sweden, Switzerland,
    Sydney, Taiwan, Texas, Thailand, Tokyo, Toronto, Turin, Turkey, UK, US, USA, Uganda, Ukraine, United
    Kingdom, United States, Valencia, Vancouver, Venice, Vienna, Vietnam, Wales, Warsaw, Washington, Zurich
    """
)
PLACE_WORDS = _names(
    """
    Abbey, Airport, Alps, Avenue, Bay, Beach, Boulevard, Bridge, Canal, Castle, Cathedral, Channel, City,
    Coast, County, Delta, Desert, District, Falls, Fjord, Forest, Garden, Gardens, Gulf, Harbor, Harbour,
    Hill, Hills, Island, Islands, Lagoon, Lake, Lane, Lighthouse, Market, Mill, Mount, Mountain, Ocean,
    Palace, Park, Peninsula, Pier, Plateau, Point, Province, Quarter, Region, River, Road, Sea, Square,
    Station, Strait, Street, Tower, Valley, Village
    """
)
ORG_WORDS = _names(
    """
    AG, Academy, Agency, Airline, Airlines, Airways, Alliance, Analytics, Archive, Archives, Army,
    Association, Authority, BV, Bakery, Band, Bank, Biotech, Board, Brewery, Bros, Brothers, Bureau, Café,
    Capital, Center, Centre, Chamber, Chemicals, Choir, Chronicle, Church, Cinema, Cleaning, Clinic, Club, Co,
    Coalition, College, Commission, Committee, Company, Congress, Consulting, Cooperative, Corp, Corporation,
    Council, Courier, Couriers, Court, Daily, Dairy, Department, Dynamics, Electric, Energy, Farms,
    Federation, Foods, Foundation, Freight, Fund, Gallery, Garage, Gazette, GmbH, Group, Guild, Herald,
    Holdings, Hospital, Hosting, Hotel, Housing, Inc, Industries, Initiative, Institute, Insurance, LLC,
    Laboratories, Laboratory, Labs, League, Library, Logistics, Ltd, Media, Ministry, Motors, Museum, Nations,
    Network, Observatory, Office, Opera, Orchestra, Organisation, Organization, PLC, Parliament, Partners,
    Party, Pharma, Pharmaceuticals, Pharmacy, Police, Post, Press, Printing, Publishers, Publishing, Railways,
    Records, Rentals, Robotics, Rovers, SA, SE, School, Senate, Services, Shipping, Shipyard, Society,
    Software, Solutions, Steel, Studio, Studios, Supplies, Systems, Technologies, Telecom, Telegraph,
    Textiles, Theater, Theatre, Théâtre, Times, Tribune, Trust, Union, United, University, Ventures, Winery,
    Works, Zoo
    """
)
ORG_NAMES = _names(
    """
    Airbus, Amazon, Apple, BBC, Boeing, CERN, EU, FBI, FIFA, Google, Greenpeace, IBM, IMF, Intel, Interpol,
    MIT, Microsoft, NASA, NATO, Nestle, Nokia, OPEC, Oxfam, Reuters, Samsung, Siemens, Sony, Toyota, UN,
    UNESCO, UNICEF, Unilever, Volvo, WHO, WTO
    """
)
LEGAL_FORMS = _names(
    """
    A/S, AB, AG, AS, BV, Co, Corp, GmbH, Inc, KG, Kft, LLC, Ltd, NV, Oy, PLC, Pty, SA, SARL, SE, SpA, plc
    """
)
GREETINGS = _names(
    """
    Best, Bonjour, Cheers, Dear, Greetings, Hallo, Hello, Hey, Hi, Hola, Love, Regards, Sincerely, Thanks,
    Yours
    """
)
MONTHS = _names(
    """
    April, August, December, February, January, July, June, March, May, November, October, September
    """
)
DEMONYMS = _names(
    """
    African, American, Arab, Arabic, Asian, Australian, Austrian, Belgian, Brazilian, British, Canadian,
    Catholic, Chinese, Christian, Czech, Danish, Dutch, Egyptian, English, European, Finnish, French, German,
    Greek, Hungarian, Indian, Irish, Israeli, Italian, Japanese, Jewish, Korean, Latin, Mexican, Muslim,
    Norwegian, Polish, Portuguese, Russian, Scottish, Spanish, Swedish, Swiss, Turkish, Ukrainian, Welsh
    """
)
CALENDAR = (
    DEMONYMS
    | MONTHS
    | _names(
        """
    AM, AUD, Amount, Bill, Booking, CAD, CEO, CFO, CHF, CTO, Christmas, Customer, DKK, Date, EUR, Easter,
    Email, Friday, From, GBP, GST, HUF, INR, Internet, Invoice, Issued, JPY, Kind, Mastercard, Monday, NOK,
    Nobel, Nobody, Note, Number, Olympic, Olympics, Order, PDF, PLN, PM, Paid, PayPal, Phone, Please, Present,
    Prize, Re, Receipt, SEK, Saturday, Speakers, Subject, Sum, Sunday, TRY, Thank, Thanksgiving, Thursday,
    Ticket, To, Today, Tomorrow, Total, Tuesday, UPI, USD, VAT, Visa, Wednesday, Yesterday
    """
    )
)
"""Capitalised words that name no person, place or organization."""
