import { plural } from '../ui/locale.ts'

const en = {
  title: 'Site',
  probe: 'Probe it now',
  sandbox: 'Open the sandbox',
  missing: (count: number) =>
    plural('en', count, {
      one: 'A function is missing from the web service',
      other: `${count} functions are missing from the web service`,
    }),
  missingText: 'Add them in Moodle: Site administration, Server, External services, Functions.',
  queue: {
    queued: 'Queued',
    running: 'Running',
    retrying: 'Trying again',
    needs_operator: 'Need an operator',
  },
  oldest: 'Oldest that waits',
  facts: 'At a glance',
  state: 'State',
  since: 'Since',
  cause: 'Cause',
  name: 'Name',
  release: 'Moodle',
  unknown: 'unknown while it doesn’t answer',
  url: 'Address',
  kind: 'Kind',
  isSandbox: 'Sandbox, inside this shop',
  isReal: 'Real site',
  functions: 'Functions that the handlers need',
  noFunctions: 'None.',
}

const fr: typeof en = {
  title: 'Plateforme',
  probe: 'L’interroger maintenant',
  sandbox: 'Ouvrir le bac à sable',
  missing: (count) =>
    plural('fr', count, {
      one: 'Une fonction manque au service web',
      other: `${count} fonctions manquent au service web`,
    }),
  missingText: 'Ajoutez-les dans Moodle : Administration du site, Serveur, Services externes, Fonctions.',
  queue: {
    queued: 'En file',
    running: 'En cours',
    retrying: 'Nouvel essai',
    needs_operator: 'Attendent un opérateur',
  },
  oldest: 'La plus ancienne qui attend',
  facts: 'En bref',
  state: 'État',
  since: 'Depuis le',
  cause: 'Cause',
  name: 'Nom',
  release: 'Moodle',
  unknown: 'inconnue tant qu’elle ne répond pas',
  url: 'Adresse',
  kind: 'Nature',
  isSandbox: 'Bac à sable, dans cette boutique',
  isReal: 'Vraie plateforme',
  functions: 'Fonctions nécessaires aux gestionnaires',
  noFunctions: 'Aucune.',
}

/** The words of the page of the site. */
export const siteTexts = { en, fr }
