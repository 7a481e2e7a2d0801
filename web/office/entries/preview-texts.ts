const en = {
  title: 'A preview',
  text: 'This is how customers will see it once it is on sale.',
  back: 'Back to the entry',
  vat: (rate: string) => `VAT ${rate} included`,
  form: 'Asked for each unit',
  nothingAsked: 'Nothing.',
}

const fr: typeof en = {
  title: 'Un aperçu',
  text: 'Voici comment les clients la verront une fois en vente.',
  back: 'Revenir à l’entrée',
  vat: (rate) => `TVA ${rate} incluse`,
  form: 'Demandé pour chaque unité',
  nothingAsked: 'Rien.',
}

/** The words of an entry's preview. */
export const previewTexts = { en, fr }
