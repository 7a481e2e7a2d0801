import type { FormValues } from '../../../sdk/form.ts'
import type { FormElement } from '../../../sdk/form-element.ts'
import { type Category, type Moodle, MoodleError } from '../../../sdk/index.ts'
import type { Choice } from '../../ui/form-elements.tsx'
import type { Locale } from '../../ui/locale.ts'
import { within } from '../within.ts'
import { entriesTexts } from './entries-texts.ts'

const patience = 4000

/**
 * What the pickers of these elements offer, read from the live site. A picker whose list could not be had in time is
 * left out, to be typed by hand; `away` says that there is one.
 */
export async function choicesFor(
  site: Moodle,
  elements: FormElement[],
  values: FormValues,
  locale: Locale,
): Promise<{ choices: Record<string, Choice[]>; away: boolean }> {
  const asked = new Map<string, Promise<Choice[]>>()
  const once = (key: string, read: () => Promise<Choice[]>) => {
    const reading =
      asked.get(key) ?? within(patience, read(), undefined).then((found) => found ?? Promise.reject())
    asked.set(key, reading)
    return reading
  }
  const picked = elements.filter((element) => element.picker)
  const read = await Promise.allSettled(
    picked.map((element) => {
      const course = courseOf(element, values)
      switch (element.picker) {
        case 'course':
          return once('course', async () =>
            (await site.courses()).map((one) => ({
              value: one.id,
              label: `${one.fullname} (${one.shortname})${one.visible ? '' : ` · ${entriesTexts[locale].hidden}`}`,
            })),
          )
        case 'category':
          return once('category', async () => categoryChoices(await site.categories()))
        case 'role':
          return once(`role ${course}`, async () =>
            (await known(site.roles(course), () => site.roles())).map((one) => ({
              value: one.shortname,
              label: `${one.shortname} (${one.id})`,
            })),
          )
        case 'cohort':
          return once('cohort', async () =>
            (await site.cohorts()).map((one) => ({
              value: one.id,
              label: one.idnumber ? `${one.name} (${one.idnumber})` : one.name,
            })),
          )
        case 'group':
          return once(`group ${course}`, async () =>
            course === undefined
              ? []
              : (await known(site.groups(course), async () => [])).map((one) => ({
                  value: one.id,
                  label: one.name,
                })),
          )
        default:
          return Promise.resolve([])
      }
    }),
  )
  const choices = Object.fromEntries(
    picked.flatMap((element, index) => {
      const found = read[index]
      return found?.status === 'fulfilled' ? [[element.name, found.value]] : []
    }),
  )
  return { choices, away: read.some(({ status }) => status === 'rejected') }
}

/** What is found of a course; `otherwise`, when Moodle knows no such course. */
async function known<T>(found: Promise<T>, otherwise: () => Promise<T>): Promise<T> {
  try {
    return await found
  } catch (error) {
    if (error instanceof MoodleError && error.kind === 'request') return await otherwise()
    throw error
  }
}

/** The course that a picker of groups or roles depends on, once it is chosen. */
function courseOf(element: FormElement, values: FormValues): number | undefined {
  const value = element.pickerOf === undefined ? undefined : Number(values[element.pickerOf])
  return value !== undefined && Number.isInteger(value) && value > 0 ? value : undefined
}

/** Each category with those above it: "Languages / English". */
function categoryChoices(categories: Category[]): Choice[] {
  const names = new Map(categories.map(({ id, name }) => [id, name]))
  return categories
    .map((category) => ({
      value: category.id,
      label: category.path
        .split('/')
        .flatMap((id) => names.get(Number(id)) ?? [])
        .concat(category.path ? [] : [category.name])
        .join(' / '),
    }))
    .sort((one, other) => one.label.localeCompare(other.label))
}
