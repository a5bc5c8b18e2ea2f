/**
 * What happened on the demo server: the password of anna@firma.example was stolen about ten hours ago, and since then
 * a shop mailing goes out through her login to thousands. The big providers slow the server down, so the ordinary
 * mail of a company, a shop and a school waits behind it. Everything here is invented; all names are reserved ones.
 */
export interface Sender {
  address: string;
  login: string | null;
  subjects: readonly string[];
  /** Share of the ordinary mail. */
  weight: number;
  client: string | null;
}

export const STOLEN_LOGIN = 'anna@firma.example';

export const WAVE_SUBJECTS = [
  'Listopadowa promocja: papier i tonery −30%',
  'Twoje zamówienie 2026/11/3107 czeka na opłacenie',
  'Ostatnie godziny: wyprzedaż magazynu',
  'Potwierdź odbiór przesyłki',
] as const;

/** Envelope senders the thief put on the mailing; the odd ones test whoever builds commands from addresses. */
export const WAVE_SENDERS = [
  'anna@firma.example',
  'anna@firma.example',
  'anna@firma.example',
  'anna@firma.example',
  'anna@firma.example',
  'anna@firma.example',
  'anna@sklep.firma.example',
  'anna@sklep.firma.example',
  'promocje@sklep.firma.example',
  '"promo; $(reboot) `id`"@sklep.firma.example',
] as const;

export const ORDINARY: readonly Sender[] = [
  {
    address: 'biuro@firma.example',
    login: 'biuro@firma.example',
    subjects: ['Oferta na dostawę artykułów biurowych', 'Faktura FV/2026/11/0412', 'Zmiana terminu spotkania'],
    weight: 22,
    client: '198.51.100.10',
  },
  {
    address: 'faktury@sklep.firma.example',
    login: 'sklep@firma.example',
    subjects: ['Faktura do zamówienia 2026/11/2841', 'Korekta faktury', 'Potwierdzenie zwrotu'],
    weight: 18,
    client: '198.51.100.12',
  },
  {
    address: 'newsletter@targi.example',
    login: 'newsletter@targi.example',
    subjects: ['Targi Poligrafia 2027: zapisy do 15 grudnia', 'Program konferencji, wersja z listopada'],
    weight: 20,
    client: '203.0.113.40',
  },
  {
    address: 'sekretariat@szkola.example',
    login: 'sekretariat@szkola.example',
    subjects: ['Zebranie rodziców klasy 3b, 26 listopada', 'Wycieczka do muzeum: zgody', 'Obiady w grudniu'],
    weight: 12,
    client: '198.51.100.61',
  },
  { address: '', login: null, subjects: ['Undelivered Mail Returned to Sender'], weight: 14, client: null },
  {
    address: 'root@demo.postdeck.example',
    login: null,
    subjects: ['Cron <root@demo> test -x /usr/sbin/anacron', 'logwatch for demo'],
    weight: 6,
    client: null,
  },
  {
    address: 'j.thompson@firma.example',
    login: 'j.thompson@firma.example',
    subjects: ['Minutes of the supplier call', 'Re: delivery to Gdańsk', 'Q4 figures'],
    weight: 7,
    client: '198.51.100.23',
  },
  {
    address: 'żaneta@pączkarnia.example',
    login: 'zaneta@paczkarnia.example',
    subjects: ['Zamówienie pączków na tłusty czwartek'],
    weight: 1,
    client: '198.51.100.77',
  },
];

export interface Destination {
  domain: string;
  weight: number;
  /** Words of the remote side; `{ip}` `{to}` `{n}` `{id}` are filled in per message. */
  reasons: readonly string[];
}

export const DESTINATIONS: readonly Destination[] = [
  {
    domain: 'gmail.example',
    weight: 34,
    reasons: [
      'host mx3.gmail.example[192.0.2.{ip}] said: 421-4.7.0 [198.51.100.5 {n}] Try again later, rate limit reached. 421 4.7.0 See https://gmail.example/limits?q={id} {id}.{n} - gsmtp (in reply to end of DATA command)',
      'host mx1.gmail.example[192.0.2.{ip}] said: 421 4.7.0 Too many messages from 198.51.100.5 in the last {n} minutes (in reply to MAIL FROM command)',
    ],
  },
  {
    domain: 'biuro.example',
    weight: 15,
    reasons: ['connect to mx.biuro.example[203.0.113.{ip}]:25: Connection timed out'],
  },
  {
    domain: 'gmina.example',
    weight: 8,
    reasons: [
      'host mail.gmina.example[203.0.113.9] said: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted, see https://postgrey.example/help/gmina.example.html (in reply to RCPT TO command)',
      'host mail.gmina.example[203.0.113.9] said: 450 4.2.0 <{to}>: Recipient address rejected: Greylisted for {n} seconds (in reply to RCPT TO command)',
    ],
  },
  {
    domain: 'hurtownia.example',
    weight: 12,
    reasons: [
      'host mx.hurtownia.example[203.0.113.80] said: 452 4.2.2 <{to}>: mailbox is full (in reply to RCPT TO command)',
      'connect to mx.hurtownia.example[203.0.113.80]:25: Connection refused',
    ],
  },
  {
    domain: 'poczta.example',
    weight: 18,
    reasons: [
      'host mx.poczta.example[192.0.2.200] refused to talk to me: 421 4.7.1 demo.postdeck.example: too many connections from your address',
      'lost connection with mx.poczta.example[192.0.2.200] while sending message body',
    ],
  },
  {
    domain: 'nieistnieje.example',
    weight: 5,
    reasons: [
      'Host or domain name not found. Name service error for name=nieistnieje.example type=MX: Host not found, try again',
    ],
  },
  {
    domain: 'urzad.example',
    weight: 8,
    reasons: ['TLS is required, but was not offered by host mx.urzad.example[203.0.113.33]'],
  },
];

export const NAMES = [
  'a.piotrowska',
  'e.sikora',
  'k.wrona',
  'd.mazur',
  'marta.lis',
  'michal.duda',
  'j.nowak',
  'n.price',
  'r.stepien',
  'p.adamczyk',
  'g.baran',
  's.hughes',
  'rachel.owen',
  'i.kubiak',
  'tomasz.zielinski',
  'o.hansen',
  'kontakt',
  'sekretariat',
  'zamowienia',
  'biuro',
] as const;
