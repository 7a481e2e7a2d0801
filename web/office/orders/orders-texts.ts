import { plural } from '../../ui/locale.ts'

const en = {
  title: 'Orders',
  search: 'Search orders',
  searchHint: 'Number, payment reference or e-mail',
  none: 'No order yet',
  number: 'Number',
  customer: 'Customer',
  state: 'State',
  paid: 'Paid',
  produced: 'Produced',
  total: 'Total',
  partPaid: 'In part',
  troubled: (count: number) =>
    `${count} ${plural('en', count, { one: 'unit is', other: 'units are' })} in trouble`,
  allProduced: (units: number) => (units === 1 ? 'Produced' : `All ${units}`),
  someProduced: (produced: number, units: number) => `${produced} of ${units}`,
  someTroubled: (produced: number, units: number) => `${produced} of ${units}, stuck`,
}

const fr: typeof en = {
  title: 'Commandes',
  search: 'Rechercher une commande',
  searchHint: 'Numéro, référence de paiement ou e-mail',
  none: 'Aucune commande pour le moment',
  number: 'Numéro',
  customer: 'Client',
  state: 'État',
  paid: 'Payée',
  produced: 'Produite',
  total: 'Total',
  partPaid: 'En partie',
  troubled: (count) => `${count} ${plural('fr', count, { one: 'unité', other: 'unités' })} en difficulté`,
  allProduced: (units) => (units === 1 ? 'Produite' : `Les ${units}`),
  someProduced: (produced, units) => `${produced} sur ${units}`,
  someTroubled: (produced, units) => `${produced} sur ${units}, bloquée`,
}

/** The words of the list of orders. */
export const ordersTexts = { en, fr }
