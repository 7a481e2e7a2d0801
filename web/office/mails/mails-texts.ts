const en = {
  title: 'Mails',
  notMailing: 'This shop has no mail server (SMTP_URL): mails are kept here to be read, and not sent.',
  search: 'Search mails',
  searchHint: 'Order or e-mail',
  none: 'No mail yet',
  kind: 'Kind',
  recipient: 'To',
  order: 'Order',
  state: 'State',
  at: 'At',
  resend: 'Send it again',
  cause: 'It could not be sent',
  sentText: 'As it was sent',
  composedText: 'As it would be sent now',
  gone: 'Its order is gone: it can’t be composed any more.',
  facts: 'At a glance',
  decided: 'Decided',
  sentAt: 'Sent',
}

const fr: typeof en = {
  title: 'Courriels',
  notMailing:
    'Cette boutique n’a pas de serveur de courriel (SMTP_URL) : les courriels sont gardés ici pour être lus, et ne partent pas.',
  search: 'Rechercher un courriel',
  searchHint: 'Commande ou e-mail',
  none: 'Aucun courriel pour le moment',
  kind: 'Objet',
  recipient: 'À',
  order: 'Commande',
  state: 'État',
  at: 'Le',
  resend: 'Le renvoyer',
  cause: 'Il n’a pas pu être envoyé',
  sentText: 'Tel qu’il est parti',
  composedText: 'Tel qu’il partirait maintenant',
  gone: 'Sa commande n’existe plus : il ne peut plus être composé.',
  facts: 'En bref',
  decided: 'Décidé le',
  sentAt: 'Envoyé le',
}

/** The words of the pages of mails. */
export const mailsTexts = { en, fr }
