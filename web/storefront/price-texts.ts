const en = {
  free: 'Free',
  withVat: (rate: string) => `incl. ${rate} VAT`,
  withSomeVat: 'incl. VAT',
  exempt: 'VAT exempt',
}

const fr: typeof en = {
  free: 'Gratuit',
  withVat: (rate) => `TTC, dont TVA ${rate}`,
  withSomeVat: 'TTC',
  exempt: 'exonéré de TVA',
}

/** The words around a price. */
export const priceTexts = { en, fr }
