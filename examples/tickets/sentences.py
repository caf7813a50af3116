"""What customers of a shop for household goods write, in pieces."""

from __future__ import annotations

__all__ = ["CLOSINGS", "NEWER", "OPENINGS", "PROBLEMS", "SHARED", "SLOTS", "SUBJECTS"]

# A slot stands for one of its words, and [a|b] for a or b.
SLOTS = {
    "thing": (
        "kettle", "toaster", "blender", "desk lamp", "coffee grinder", "rice cooker", "garden chair", "bookshelf",
        "vacuum cleaner", "frying pan", "bath mat", "wall clock", "fan heater", "bread knife", "duvet", "mirror",
    ),
    "day": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "the 3rd", "the 14th", "the 22nd"),
    "amount": ("12.90", "24.50", "39.00", "59.99", "80", "115.40", "7.20", "240"),
    "number": ("48213", "50077", "51932", "60418", "61125", "73390", "88004"),
    "place": ("Leeds", "Bristol", "Cork", "Dundee", "Norwich", "Swansea", "Derby", "a parcel shop", "my office"),
    "device": ("phone", "tablet", "laptop", "old iPad", "Android phone", "work computer"),
    "carrier": ("the courier", "the driver", "the carrier", "your parcel service"),
}  # fmt: skip

OPENINGS = (
    "Hello,", "Hi there,", "Good morning,", "Dear team,", "Hi, order {number} here.", "To whom it may concern:",
    "I am writing about order {number}.", "[Second|Third] message about this.", "", "", "", "Sorry to bother you.",
)  # fmt: skip

CLOSINGS = (
    "Please help.", "Thanks, a patient customer.", "Kind regards.", "[Could|Can] you look into it?", "Please call me.",
    "I expect an answer [today|soon].", "Many thanks.", "What should I do now?", "", "", "", "Not impressed so far.",
)  # fmt: skip

# Said in tickets of every topic: words alone do not give the topic away.
SHARED = (
    "I [bought|ordered] [the|my] {thing} on {day}.",
    "The {thing} itself is [lovely|fine|just right].",
    "I have been a customer for [years|ages|a while].",
    "My order number is {number}.",
    "I [already wrote|called you] on {day} and [got no answer|nobody cared].",
    "The payment went through and the parcel is here, [that|this] is not the problem.",
    "I do not want to return [anything|the {thing}], [only|just] an answer.",
    "I [could|can] log in without [trouble|a problem].",
    "The delivery was [fast|quick|on time], by the way.",
    "It [cost|was] {amount}, [a lot|not cheap] for a {thing}.",
    "The app [works|is fine], [that|this] is about something else.",
)

PROBLEMS = {
    "billing": (
        "[I was charged|you charged me] [twice|two times|double] for [the|my|one] {thing}, {amount} each.",
        "[My card|my statement|the bank] shows {amount}, [but|while] the [order|confirmation|page] [says|said] less.",
        "The [invoice|bill] [has|carries|shows] the wrong [company|name|tax number].",
        "I [cannot|can't] find [the|my|any] [receipt|invoice] for [the|my] {thing} [anywhere|in your mail].",
        "[You|your system] took {amount} [from|off] my [card|account|bank] although I had [cancelled|called it off].",
        "The [voucher|gift card|code] was not [taken off|deducted from|counted in] the [total|bill|invoice].",
        "[Why is there|what is|please explain] [a|this|that] fee of {amount} on my [bill|invoice]?",
        "I need [an invoice|a receipt|a bill] with the tax [shown apart|on it] for [the|my] {thing}.",
        "The discount [you promised|of the advert|from your mail] is [missing from|not on] [the|my] [invoice|bill].",
        "My bank [refused|stopped] the payment, [yet|but] [you say|your page says] [it is|all is] paid.",
        "The [money|{amount}] you owe me has not reached my [bank|card] [since|after] {day}.",
        "I paid by [transfer|card|cheque] on {day} [and|but] [still get|now receive] [reminders|a warning].",
        "Please [change|update|forget] the card that you charge [every month|for my orders].",
        "The price [went up|rose|changed] by {amount} between the basket and the [bill|invoice|payment].",
    ),
    "delivery": (
        "[The|my] {thing} [should have come|was due|was promised] [on|for] {day} and is [not here|still missing].",
        "[Tracking|your tracking page|the tracking] has [said the same|not changed|been silent] since {day}.",
        "{carrier} left the [parcel|box|{thing}] with a neighbour [I do not know|two streets away|who is away].",
        "The [box|parcel] went to {place}, where I [do not live|have not lived for years].",
        "It is [marked|shown|listed] as delivered, but [nobody rang|nothing is here|I was home all day].",
        "[Can|could] [the|my] {thing} be [sent|brought|delivered] to {place} [instead|this time]?",
        "Only [one|half] of [two|my] parcels has [arrived|come], the one with the {thing} [has not|is missing].",
        "Where is my [order|parcel|{thing}]? It left your [depot|warehouse] on {day}.",
        "{carrier} [could not|did not] find [the house|my door|{place}] and [drove off|gave up].",
        "I [will be|am] away, please [send|bring|deliver] it [after|on] {day}.",
        "The [parcel|box|shipment] has been in {place} for [days|a week|ages] now.",
        "When [will|does] [the|my] {thing} [ship|leave|be sent]?",
        "The [box|parcel] was [opened|torn|crushed] and [wet|half empty|dirty] when {carrier} [brought|left] it.",
        "Your page said [next day|two days|by {day}], it [has been|is] a [week|month].",
    ),
    "account": (
        "I [cannot|can't] [log|sign] in, [the|my] password is [refused|called wrong|not taken].",
        "The [link|mail] to reset my password [never comes|does not arrive|leads nowhere].",
        "Please [change|correct|update] my e-mail address, the [old one|one you have] is [gone|wrong].",
        "Someone has [signed in to|used|got into] my account from {place}.",
        "How [do|can] I [delete|close|erase] my account and [all|the rest of] my data?",
        "My account is [locked|blocked|frozen] after [three|two] wrong [tries|passwords].",
        "The [code|text|number] for signing in [arrives|comes] too late [on|for] my {device}.",
        "I have two [accounts|logins|profiles] and [want|need] one.",
        "My old [address|name|phone number] is still in my [profile|account].",
        "Please take me off [the newsletter|your mailing list|the offers by mail].",
        "I [have|took] a new name and [cannot edit|can't change] it in the [profile|settings].",
        "[It|the page] says that my user name [does not exist|is unknown|is taken].",
    ),
    "app": (
        "The app [closes|crashes|stops] [as soon as|whenever] I [open|touch] the [basket|menu|search].",
        "On my {device} the [page|screen|list] [stays|turns] [white|blank|black].",
        "Since the [update|new version] of {day} the search [finds nothing|is gone|shows toys].",
        "The button to [pay|order|save] [does nothing|is grey|cannot be seen] on my {device}.",
        "[Pictures|photos] of [the|any] {thing} do not [load|open|show].",
        "The [app|site] is so [slow|heavy] on my {device} that I [gave up|went elsewhere].",
        "The basket is empty [again|once more] [whenever|as soon as] I [come back|switch pages].",
        "Your [site|shop|checkout] says error [500|404|403] at the [last|second] step.",
        "Notifications [come twice|never come|come at night] on my {device}.",
        "The app [asks|begs] for an update that [the store|my {device}] does not have.",
        "The filter for [colours|sizes|prices] shows [everything in grey|nothing|the wrong ones].",
        "Scrolling [freezes|jumps|stops] on the list of [orders|offers|wishes].",
    ),
    "returns": (
        "[The|my|this] {thing} is [broken|faulty|cracked], I [would like|want] to send it back.",
        "The {thing} is the wrong [colour|size|model], can I [swap|change] it?",
        "How do I send [the|my] {thing} back? There was no [label|form|slip] in the box.",
        "I want my money back for the {thing}, it [does not work|leaks|smells|is scratched].",
        "[The|my] {thing} [stopped working|broke|fell apart] after [one week|a month|two uses].",
        "Can I exchange [the|my] {thing} for a [bigger|smaller|better] one?",
        "I [sent|posted] the {thing} back on {day} and [heard nothing|saw no money].",
        "A [part|screw|lid|handle] of the {thing} is missing, please take it back.",
    ),
}

SUBJECTS = {
    "billing": ("Charged twice", "Question about my invoice", "Payment", "Wrong amount", "Bill for order {number}"),
    "delivery": ("Where is my parcel?", "Not delivered", "Order {number}", "Delivery to {place}", "Late again"),
    "account": ("Cannot log in", "My account", "Password", "Change of address", "Sign-in code"),
    "app": ("App crashes", "Problem with your site", "Error on my {device}", "Checkout does not work", "Bug"),
    "returns": ("Broken {thing}", "Return of order {number}", "Exchange", "Wrong colour", "Faulty {thing}"),
}

# From the months after the first model was trained: new words, and a topic that there was not before.
NEWER = {
    "subscription": (
        "Please [pause|stop|hold] my coffee subscription until {day}.",
        "How do I [skip|leave out] the [box|beans] of [next month|June|July]?",
        "I [want|need] to cancel the subscription before it renews [on {day}|again].",
        "Can I [move|switch] from the [small|monthly] plan to the [family|yearly] plan?",
        "The subscription renewed [although|after] I had [paused|cancelled] it on {day}.",
        "Which [beans|roasts|flavours] are in the subscription box [this month|this time]?",
    ),
    "app": (
        "The chatbot [keeps repeating itself|goes in circles] and never hands me to a [human|person].",
        "The smartwatch widget shows [yesterday's|somebody else's] orders on my {device}.",
        "Dark mode [hides|swallows] the button to [pay|save].",
    ),
    "delivery": (
        "The parcel locker in {place} does not [open|react] with the QR code.",
        "The drone dropped the {thing} [in the neighbour's pond|on the roof].",
        "The cargo bike came while I was [out|asleep], where is the {thing}?",
    ),
    "billing": (
        "[Klarna|PayPal] shows an instalment of {amount} that I do not know.",
        "The cashback for the {thing} was never [paid out|seen].",
    ),
}
