import type { FaultRule } from '../faults.ts'

export type Language = 'en' | 'fr'

const en = {
  sandbox: 'Sandbox',
  notReal:
    'This is a sandbox, not a real Moodle. It stands in for one while you try the shop: people and courses are made up, nothing is mailed, and there is nothing to learn behind the links.',
  otherLanguage: 'Français',
  otherLanguageLong: 'Lire cette page en français',
  release: (release: string) => `answers as Moodle ${release}`,
  counts: (courses: number, accounts: number, enrolments: number) =>
    `${courses} courses · ${accounts} accounts · ${enrolments} enrolments`,
  filterLabel: 'Find people by e-mail',
  filterButton: 'Find',
  filterClear: 'Show everyone',
  filterNone: (email: string) => `No account has “${email}” in its e-mail.`,
  courses: 'Courses',
  course: 'Course',
  nobody: 'Nobody is enrolled.',
  more: (count: number) => `See all ${count} people`,
  moreShown: (shown: number, count: number) =>
    `The latest ${shown} of ${count} people. Find others by e-mail.`,
  hidden: 'hidden',
  manualNone: 'no manual enrolment',
  manualDisabled: 'manual enrolment switched off',
  person: 'Person',
  roles: 'Role',
  from: 'From',
  until: 'Until',
  state: 'State',
  groups: 'Groups',
  groupsHere: (names: string) => `Groups: ${names}`,
  entered: 'Entered',
  enter: 'Let in',
  timesSet: 'Set',
  timesSetLong: 'How many times the enrolment was set, and made',
  times: (set: number, created: number) => (created > 1 ? `${set}×, made ${created}×` : `${set}×`),
  always: '–',
  states: { open: 'active', suspended: 'suspended', ended: 'ended', upcoming: 'to come' },
  roleNames: {
    manager: 'Manager',
    coursecreator: 'Course creator',
    editingteacher: 'Teacher',
    teacher: 'Tutor',
    student: 'Student',
    referent: 'Training referent',
  } as Record<string, string>,
  accounts: 'Accounts',
  accountsShown: (shown: number, count: number) => `The latest ${shown} of ${count}.`,
  suspendedAccount: 'suspended',
  cohorts: 'Cohorts',
  cohortMembers: (count: number) => (count === 1 ? '1 member' : `${count} members`),
  otherRoles: 'Roles outside courses',
  contexts: { system: 'the whole site', coursecat: 'category', course: 'course' },
  faults: 'Faults',
  faultsNone: 'Everything works. Break something below to see how the shop copes.',
  faultHint: 'Faults stay until they are lifted, or as many times as you say.',
  faultKind: 'What goes wrong',
  faultNames: {
    slow: 'Slow',
    down: 'Unreachable',
    maintenance: 'Maintenance mode',
    cliMaintenance: 'Maintenance page (503)',
    token: 'Token refused',
    access: 'Access refused',
    database: 'Database down',
    badGateway: 'Bad gateway (502)',
    disabled: 'Web services off (403)',
    lostReply: 'Done, but the answer is lost',
  } satisfies Record<FaultRule['fault'], string>,
  faultFunction: 'Function',
  everyFunction: 'every function',
  faultMatch: 'Only calls that contain',
  faultMatchHint: 'an e-mail, for instance',
  faultTimes: 'Times',
  faultMilliseconds: 'Milliseconds',
  faultAdd: 'Break it',
  faultLift: 'Lift',
  faultHits: (hits: number, times: number | undefined) =>
    times === undefined ? `struck ${hits} times` : `struck ${hits} of ${times} times`,
  faultWrong: 'That fault can’t be set. Times is a whole number from 1, milliseconds one from 0 to 600,000.',
  calls: 'Recent calls',
  callsNone: 'No call yet.',
  callsTotal: (total: number) => `${total} since the sandbox started`,
  elements: (count: number) => (count === 1 ? '1 element' : `${count} elements`),
  home: 'All courses',
  category: 'Category',
  content: 'Content',
  peopleHere: 'People',
  notFound: 'There is no such page in the sandbox.',
}

type Texts = typeof en

const fr: Texts = {
  sandbox: 'Bac à sable',
  notReal:
    'Ceci est un bac à sable, pas un vrai Moodle. Il en tient lieu pendant que vous essayez la boutique : les personnes et les cours sont inventés, aucun courriel ne part, et il n’y a rien à apprendre derrière les liens.',
  otherLanguage: 'English',
  otherLanguageLong: 'Read this page in English',
  release: (release) => `répond comme Moodle ${release}`,
  counts: (courses, accounts, enrolments) =>
    `${courses} cours · ${accounts} comptes · ${enrolments} inscriptions`,
  filterLabel: 'Chercher une personne par courriel',
  filterButton: 'Chercher',
  filterClear: 'Tout le monde',
  filterNone: (email) => `Aucun compte n’a « ${email} » dans son courriel.`,
  courses: 'Cours',
  course: 'Cours',
  nobody: 'Personne n’est inscrit.',
  more: (count) => `Voir les ${count} personnes`,
  moreShown: (shown, count) =>
    `Les ${shown} dernières personnes sur ${count}. Cherchez les autres par courriel.`,
  hidden: 'caché',
  manualNone: 'sans inscription manuelle',
  manualDisabled: 'inscription manuelle désactivée',
  person: 'Personne',
  roles: 'Rôle',
  from: 'Du',
  until: 'Au',
  state: 'État',
  groups: 'Groupes',
  groupsHere: (names) => `Groupes : ${names}`,
  entered: 'Entré·e',
  enter: 'Faire entrer',
  timesSet: 'Posée',
  timesSetLong: 'Combien de fois l’inscription a été posée, et créée',
  times: (set, created) => (created > 1 ? `${set}×, créée ${created}×` : `${set}×`),
  always: '–',
  states: { open: 'active', suspended: 'suspendue', ended: 'terminée', upcoming: 'à venir' },
  roleNames: {
    manager: 'Gestionnaire',
    coursecreator: 'Créateur de cours',
    editingteacher: 'Enseignant',
    teacher: 'Tuteur',
    student: 'Étudiant',
    referent: 'Référent formation',
  },
  accounts: 'Comptes',
  accountsShown: (shown, count) => `Les ${shown} derniers sur ${count}.`,
  suspendedAccount: 'suspendu',
  cohorts: 'Cohortes',
  cohortMembers: (count) => (count > 1 ? `${count} membres` : `${count} membre`),
  otherRoles: 'Rôles hors des cours',
  contexts: { system: 'tout le site', coursecat: 'catégorie', course: 'cours' },
  faults: 'Pannes',
  faultsNone: 'Tout marche. Provoquez une panne ci-dessous pour voir comment la boutique s’en sort.',
  faultHint: 'Une panne dure jusqu’à ce qu’on la lève, ou autant de fois que vous le dites.',
  faultKind: 'Ce qui ne va pas',
  faultNames: {
    slow: 'Lent',
    down: 'Injoignable',
    maintenance: 'Mode maintenance',
    cliMaintenance: 'Page de maintenance (503)',
    token: 'Jeton refusé',
    access: 'Accès refusé',
    database: 'Base de données en panne',
    badGateway: 'Passerelle en erreur (502)',
    disabled: 'Services web coupés (403)',
    lostReply: 'Fait, mais la réponse se perd',
  },
  faultFunction: 'Fonction',
  everyFunction: 'toutes les fonctions',
  faultMatch: 'Seulement les appels qui contiennent',
  faultMatchHint: 'un courriel, par exemple',
  faultTimes: 'Fois',
  faultMilliseconds: 'Millisecondes',
  faultAdd: 'Provoquer',
  faultLift: 'Lever',
  faultHits: (hits, times) =>
    times === undefined ? `a frappé ${hits} fois` : `a frappé ${hits} fois sur ${times}`,
  faultWrong:
    'Cette panne ne peut pas être posée. « Fois » est un entier à partir de 1, « millisecondes » un entier de 0 à 600 000.',
  calls: 'Derniers appels',
  callsNone: 'Aucun appel pour l’instant.',
  callsTotal: (total) => `${total} depuis le démarrage`,
  elements: (count) => (count > 1 ? `${count} éléments` : `${count} élément`),
  home: 'Tous les cours',
  category: 'Catégorie',
  content: 'Contenu',
  peopleHere: 'Personnes',
  notFound: 'Cette page n’existe pas dans le bac à sable.',
}

const texts = { en, fr }

/** What a page needs to speak the reader's language. */
export type Voice = {
  language: Language
  t: Texts
  /** A day, from Unix seconds. */
  day(seconds: number): string
  /** A time of day, from milliseconds. */
  time(milliseconds: number): string
}

const formats = new Map<Language, { day: Intl.DateTimeFormat; time: Intl.DateTimeFormat }>()

export function voiceIn(language: Language): Voice {
  let format = formats.get(language)
  if (!format) {
    const locale = language === 'fr' ? 'fr-FR' : 'en-GB'
    format = {
      day: new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }),
      time: new Intl.DateTimeFormat(locale, { timeStyle: 'medium' }),
    }
    formats.set(language, format)
  }
  const { day, time } = format
  return {
    language,
    t: texts[language],
    day: (seconds) => day.format(seconds * 1000),
    time: (milliseconds) => time.format(milliseconds),
  }
}
