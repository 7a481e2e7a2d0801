import type { Fault } from '../../db/schema.ts'
import { plural } from '../ui/locale.ts'

const en = {
  title: 'Reconciliation',
  lead: 'Compares all that products give with what Moodle shows. Nothing is changed until you ask for it.',
  start: 'Compare now',
  startAgain: 'Compare again',
  never: 'Nothing was compared yet',
  neverText:
    'A comparison reads every course and cohort of your products. It takes seconds for a thousand of them.',
  states: { running: 'Under way', done: 'Done', failed: 'Failed' },
  progress: 'How far it is',
  compared: (count: number, said: string, total: string) =>
    `${said} of ${total} ${plural('en', count, { one: 'enrolment or membership', other: 'enrolments and memberships' })} compared.`,
  found: (count: number, said: string) =>
    count === 0
      ? 'No difference.'
      : plural('en', count, { one: '1 difference.', other: `${said} differences.` }),
  repaired: (_count: number, said: string) => `${said} repaired.`,
  refused: (count: number, said: string) =>
    plural('en', count, {
      one: 'Moodle refused 1 repair.',
      other: `Moodle refused ${said} repairs.`,
    }),
  beingRepaired: (_count: number, said: string) => `${said} being repaired…`,
  failedBecause: 'It could not be ended:',
  waits: 'It goes on by itself as soon as it can:',
  differences: 'Differences',
  open: 'To look at',
  repairedTab: 'Repaired',
  none: 'Moodle shows what your products give',
  noneRepaired: 'Nothing was repaired yet',
  where: 'Where',
  person: 'Who',
  what: 'What is different',
  repair: 'Repair',
  select: (place: string, person: string) => `Select ${place}, ${person}`,
  everyone: 'everyone',
  account: (id: number) => `account ${id}`,
  production: (id: number) => `Production ${id}`,
  byHand: 'To be put right in Moodle',
  repairs: { asked: 'Being repaired', repaired: 'Repaired', refused: 'Moodle refused' },
  didRepair: 'Moodle was told again what the products give.',
  repairTicked: 'Repair the ticked ones',
  repairAll: (count: number, said: string) =>
    plural('en', count, { one: 'Repair this difference', other: `Repair all ${said}` }),
  repairKind: (count: number, said: string) =>
    plural('en', count, { one: 'Repair this difference', other: `Repair all ${said} of this kind` }),
  repairHelp: 'Moodle is told again what the products give, no more.',
  kinds: {
    behind: 'Not told yet',
    told_otherwise: 'Told otherwise',
    account_gone: 'Account gone',
    missing: 'Not enrolled',
    suspended_there: 'Closed in Moodle',
    active_there: 'Open in Moodle',
    role_missing: 'Role missing',
    role_left: 'Role left',
    group_missing: 'Group missing',
    group_left: 'Group left',
    not_member: 'Not in the cohort',
    member_there: 'Still in the cohort',
    unreadable: 'Can’t be read',
  } satisfies Record<Fault['kind'], string>,
  homeTitle: 'Differences with Moodle',
  homeText: (count: number, said: string) =>
    plural('en', count, {
      one: 'The last comparison found something in Moodle that is not what the products give.',
      other: `The last comparison found ${said} things in Moodle that are not what the products give.`,
    }),
  see: 'See the differences',
  siteText: 'Compare all that products give with what Moodle shows.',
}

const fr: typeof en = {
  title: 'Rapprochement',
  lead: 'Compare tout ce que donnent les produits avec ce que montre Moodle. Rien n’est changé sans votre demande.',
  start: 'Comparer maintenant',
  startAgain: 'Comparer à nouveau',
  never: 'Rien n’a encore été comparé',
  neverText:
    'Une comparaison lit chaque cours et chaque cohorte de vos produits. Elle prend quelques secondes pour un millier.',
  states: { running: 'En cours', done: 'Terminé', failed: 'Échoué' },
  progress: 'Avancement',
  compared: (count, said, total) =>
    `${said} ${plural('fr', count, { one: 'accès comparé', other: 'accès comparés' })} sur ${total}.`,
  found: (count, said) =>
    count === 0 ? 'Aucun écart.' : plural('fr', count, { one: '1 écart.', other: `${said} écarts.` }),
  repaired: (count, said) => plural('fr', count, { one: '1 réparé.', other: `${said} réparés.` }),
  refused: (count, said) =>
    plural('fr', count, {
      one: 'Moodle a refusé 1 réparation.',
      other: `Moodle a refusé ${said} réparations.`,
    }),
  beingRepaired: (_count, said) => `${said} en cours de réparation…`,
  failedBecause: 'Il n’a pas pu être mené à bien :',
  waits: 'Il reprend de lui-même dès que possible :',
  differences: 'Écarts',
  open: 'À regarder',
  repairedTab: 'Réparés',
  none: 'Moodle montre ce que donnent vos produits',
  noneRepaired: 'Rien n’a encore été réparé',
  where: 'Où',
  person: 'Qui',
  what: 'Ce qui diffère',
  repair: 'Réparation',
  select: (place, person) => `Sélectionner ${place}, ${person}`,
  everyone: 'tout le monde',
  account: (id) => `compte ${id}`,
  production: (id) => `Production ${id}`,
  byHand: 'À corriger dans Moodle',
  repairs: { asked: 'En cours', repaired: 'Réparé', refused: 'Refusé par Moodle' },
  didRepair: 'Moodle a reçu de nouveau ce que donnent les produits.',
  repairTicked: 'Réparer les cochés',
  repairAll: (count, said) => plural('fr', count, { one: 'Réparer cet écart', other: `Réparer les ${said}` }),
  repairKind: (count, said) =>
    plural('fr', count, {
      one: 'Réparer cet écart',
      other: `Réparer les ${said} de cette sorte`,
    }),
  repairHelp: 'Moodle reçoit de nouveau ce que donnent les produits, rien de plus.',
  kinds: {
    behind: 'Pas encore dit',
    told_otherwise: 'Dit autrement',
    account_gone: 'Compte disparu',
    missing: 'Pas inscrit',
    suspended_there: 'Fermé dans Moodle',
    active_there: 'Ouvert dans Moodle',
    role_missing: 'Rôle manquant',
    role_left: 'Rôle resté',
    group_missing: 'Groupe manquant',
    group_left: 'Groupe resté',
    not_member: 'Hors de la cohorte',
    member_there: 'Encore dans la cohorte',
    unreadable: 'Illisible',
  },
  homeTitle: 'Écarts avec Moodle',
  homeText: (count, said) =>
    plural('fr', count, {
      one: 'Le dernier rapprochement a trouvé dans Moodle une chose qui n’est pas ce que donnent les produits.',
      other: `Le dernier rapprochement a trouvé dans Moodle ${said} choses qui ne sont pas ce que donnent les produits.`,
    }),
  see: 'Voir les écarts',
  siteText: 'Comparez tout ce que donnent les produits avec ce que montre Moodle.',
}

/** The words of the reconciliation. */
export const reconciliationsTexts = { en, fr }
