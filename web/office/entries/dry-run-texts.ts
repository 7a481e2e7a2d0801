const en = {
  title: 'What a sale would do',
  try: 'Try a sale out',
  notTried: 'So nothing was tried.',
  parts: 'Its parts',
  partsHelp: 'Open one, then try a sale out from its own form.',
  samples: 'With these answers',
  unit: (n: number) => `Unit ${n}`,
  nothingAsked: 'The customer is asked nothing.',
  units: 'Units',
  again: 'Try again',
  back: 'Back to the form',
  ends: (total: string) => `The order of ${total} would end as`,
  mails: 'Its customer would get these mails',
  nothingDone:
    'Nothing was done: Moodle was only asked, and nothing is saved. Numbers from 2000000000 on are made up.',
  when: { ordered: 'When it is ordered', paid: 'Once it is paid' },
  call: 'Call',
  products: 'What is owned then',
  from: (start: string) => `from ${start}, no end`,
  fromTo: (start: string, end: string) => `${start} – ${end}`,
  feedback: 'What the customer reads',
}

const fr: typeof en = {
  title: 'Ce que ferait une vente',
  try: 'Essayer une vente',
  notTried: 'Rien n’a donc été essayé.',
  parts: 'Ses parties',
  partsHelp: 'Ouvrez-en une, puis essayez une vente depuis son propre formulaire.',
  samples: 'Avec ces réponses',
  unit: (n) => `Unité ${n}`,
  nothingAsked: 'Rien n’est demandé au client.',
  units: 'Unités',
  again: 'Essayer à nouveau',
  back: 'Retour au formulaire',
  ends: (total) => `La commande de ${total} finirait dans l’état`,
  mails: 'Son client recevrait ces courriels',
  nothingDone:
    'Rien n’a été fait : Moodle a seulement été interrogé, et rien n’est enregistré. Les numéros à partir de 2000000000 sont inventés.',
  when: { ordered: 'À la commande', paid: 'Une fois payée' },
  call: 'Appel',
  products: 'Ce qui est alors possédé',
  from: (start) => `à partir du ${start}, sans fin`,
  fromTo: (start, end) => `${start} – ${end}`,
  feedback: 'Ce que lit le client',
}

/** The words of a dry run. */
export const dryRunTexts = { en, fr }
