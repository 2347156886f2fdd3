"""What mail providers say about the names before the @ of their addresses."""

from __future__ import annotations

# Dots do not matter, and a plus begins a tag: support.google.com/mail/answer/7436150 and 22370.
# googlemail.com is the same mailbox: support.google.com/mail/answer/10313.
GMAIL = frozenset({"gmail.com", "googlemail.com"})

# A plus and what follows it is a tag, which the owner of the mailbox makes up. Domains of firms and
# schools that the same providers host are not listed: their plus may belong to the name.
PLUS_TAGS = GMAIL | {
    # Outlook.com: support.microsoft.com, "Add or remove an email alias in Outlook.com"; and
    # learn.microsoft.com, "Plus addressing in Exchange Online".
    "outlook.com", "outlook.de", "outlook.fr", "outlook.es", "outlook.it", "outlook.at",
    "outlook.be", "outlook.dk", "outlook.jp", "outlook.kr", "outlook.pt", "outlook.sa",
    "outlook.ie", "outlook.cz", "outlook.hu", "outlook.in", "hotmail.com", "hotmail.de",
    "hotmail.fr", "hotmail.es", "hotmail.it", "hotmail.co.uk", "hotmail.nl", "hotmail.be",
    "live.com", "live.de", "live.fr", "live.co.uk", "live.nl", "live.it", "live.be", "msn.com",
    # iCloud: the plus of RFC 5233, as Apple's mail servers have it.
    "icloud.com", "me.com", "mac.com",
    # Fastmail: fastmail.help, "Plus addressing and subdomain addressing".
    "fastmail.com", "fastmail.fm",
    # Proton: proton.me/support, "Addresses and aliases".
    "proton.me", "protonmail.com", "protonmail.ch", "pm.me",
    # mailbox.org: kb.mailbox.org, "E-mail address extensions". Posteo: posteo.de/en/help.
    "mailbox.org", "posteo.de", "posteo.net",
    # Zoho: zoho.com/mail/help, "Plus addressing". Runbox: help.runbox.com. Hey: hey.com/faqs.
    "zohomail.com", "zohomail.eu", "runbox.com", "hey.com",
    # Yandex: yandex.com/support/mail, "Plus sign in the address".
    "yandex.com", "yandex.ru", "ya.ru",
}  # fmt: skip
