import type { Membership } from '../db/membership-target.ts'
import type { Fault } from '../db/schema.ts'
import type { Text } from '../sdk/index.ts'
import type { ListedDifference } from './list-differences.ts'

/** Where a difference is: a course, a cohort, or those who have a role. */
export function sayPlace({ course, membership }: Pick<ListedDifference, 'course' | 'membership'>): Text {
  if (membership) return sayMembership(membership)
  return { en: `course ${course}`, fr: `cours ${course}` }
}

/** A cohort, or a role outside courses, in words. */
function sayMembership(membership: Membership): Text {
  if ('cohort' in membership) return { en: `cohort ${membership.cohort}`, fr: `cohorte ${membership.cohort}` }
  const { role, context } = membership
  return context.level === 'system'
    ? { en: `role ${role} in the system`, fr: `rôle ${role} dans le système` }
    : {
        en: `role ${role} in category ${context.instance}`,
        fr: `rôle ${role} dans la catégorie ${context.instance}`,
      }
}

/** What is not as it should be, and why that may be, a sentence for each fault. */
export function sayDifference({ faults, production }: ListedDifference): Text[] {
  const said = faults.map(sayFault)
  if (!production || !faults.some(({ kind }) => kind === 'behind')) return said
  const { id, state } = production
  const why = production.cause?.message
  return [
    ...said,
    state === 'needs_operator'
      ? {
          en: `Production ${id} needs an operator${why ? `: ${why}` : ''}.`,
          fr: `La production ${id} attend un opérateur${why ? ` : ${why}` : ''}.`,
        }
      : { en: `Production ${id} is under way.`, fr: `La production ${id} est en cours.` },
  ]
}

function sayFault(fault: Fault): Text {
  switch (fault.kind) {
    case 'behind':
      return {
        en: `Moodle has not been told yet${fault.trouble ? `: ${fault.trouble}` : ''}.`,
        fr: `Moodle n’en sait rien encore${fault.trouble ? ` : ${fault.trouble}` : ''}.`,
      }
    case 'told_otherwise':
      return {
        en: 'Moodle was told another period than the products have now.',
        fr: 'Moodle a reçu une autre période que celle des produits.',
      }
    case 'account_gone':
      return {
        en: 'The account is gone from Moodle: hand the product over to the same person to find or make it again.',
        fr: 'Le compte n’existe plus dans Moodle : transmettez le produit à la même personne pour le retrouver ou le recréer.',
      }
    case 'missing':
      return {
        en: 'Not enrolled in Moodle: somebody unenrolled this person there, and grades may be lost.',
        fr: 'Pas inscrit·e dans Moodle : quelqu’un y a désinscrit cette personne, et des notes ont pu être perdues.',
      }
    case 'suspended_there':
      return {
        en: 'Open by its products, and closed in Moodle: somebody suspended the enrolment there, or changed its dates.',
        fr: 'Ouvert d’après ses produits, et fermé dans Moodle : quelqu’un y a suspendu l’inscription ou changé ses dates.',
      }
    case 'active_there':
      return {
        en: 'Closed by its products, and open in Moodle: somebody opened the enrolment there, or another enrolment method lets this person in.',
        fr: 'Fermé d’après ses produits, et ouvert dans Moodle : quelqu’un y a ouvert l’inscription, ou une autre méthode d’inscription laisse entrer cette personne.',
      }
    case 'role_missing':
      return {
        en: `The role ${list(fault.ids)} is missing: somebody took it away in Moodle.`,
        fr: `Il manque le rôle ${list(fault.ids)} : quelqu’un l’a retiré dans Moodle.`,
      }
    case 'role_left':
      return {
        en: `Still has the role ${list(fault.ids)}, which no product gives any more: somebody gave it again in Moodle.`,
        fr: `A encore le rôle ${list(fault.ids)}, qu’aucun produit ne donne plus : quelqu’un l’a redonné dans Moodle.`,
      }
    case 'group_missing':
      return {
        en: `Not in the group ${list(fault.ids)}: somebody took this person out of it, or deleted the group.`,
        fr: `N’est pas dans le groupe ${list(fault.ids)} : quelqu’un en a retiré cette personne, ou a supprimé le groupe.`,
      }
    case 'group_left':
      return {
        en: `Still in the group ${list(fault.ids)}, which no product gives any more.`,
        fr: `Encore dans le groupe ${list(fault.ids)}, qu’aucun produit ne donne plus.`,
      }
    case 'not_member':
      return {
        en: 'Not in the cohort: somebody took this person out of it in Moodle.',
        fr: 'N’est pas dans la cohorte : quelqu’un en a retiré cette personne dans Moodle.',
      }
    case 'member_there':
      return {
        en: 'Still in the cohort, though no product gives it any more: somebody put this person back in Moodle.',
        fr: 'Encore dans la cohorte, qu’aucun produit ne donne plus : quelqu’un y a remis cette personne dans Moodle.',
      }
    case 'unreadable':
      return {
        en: `Moodle does not show it, so ${fault.people} accesses could not be compared: ${fault.cause}.`,
        fr: `Moodle ne le montre pas, et ${fault.people} accès n’ont pas pu être comparés : ${fault.cause}.`,
      }
    default:
      return fault satisfies never
  }
}

const list = (ids: number[]) => ids.join(', ')
