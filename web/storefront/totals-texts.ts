const en = { total: 'Total', ofWhichVat: 'of which VAT' }

const fr: typeof en = { total: 'Total TTC', ofWhichVat: 'dont TVA' }

/** The words of a total. */
export const totalsTexts = { en, fr }
