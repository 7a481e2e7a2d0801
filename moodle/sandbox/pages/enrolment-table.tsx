import type { EnrolmentView } from '../describe-site.ts'
import type { Voice } from './texts.ts'

/** The people of a course: role, dates, state, groups, and how often the enrolment was set. */
export function EnrolmentTable(props: {
  enrolments: EnrolmentView[]
  caption: string
  /** Where its learners can be let in. */
  course?: number
  now: number
  voice: Voice
}) {
  const { t, day } = props.voice
  const date = (seconds: number) =>
    seconds === 0 ? t.always : <time datetime={new Date(seconds * 1000).toISOString()}>{day(seconds)}</time>
  return (
    <table class="people">
      <caption>{props.caption}</caption>
      <thead>
        <tr>
          <th scope="col">{t.person}</th>
          <th scope="col">{t.roles}</th>
          <th scope="col">{t.from}</th>
          <th scope="col">{t.until}</th>
          <th scope="col">{t.state}</th>
          <th scope="col">{t.groups}</th>
          <th scope="col">{t.entered}</th>
          <th scope="col" class="number" title={t.timesSetLong}>
            {t.timesSet}
          </th>
        </tr>
      </thead>
      <tbody>
        {props.enrolments.map((enrolment) => {
          const state = stateOf(enrolment, props.now)
          return (
            <tr>
              <th scope="row">
                {enrolment.fullname}
                <span class="email">{enrolment.email}</span>
              </th>
              <td data-label={t.roles}>
                {enrolment.roles.map((role) => t.roleNames[role] ?? role).join(', ')}
              </td>
              <td data-label={t.from}>{date(enrolment.timestart)}</td>
              <td data-label={t.until}>{date(enrolment.timeend)}</td>
              <td data-label={t.state}>
                <span class={`badge ${state}`}>{t.states[state]}</span>
              </td>
              <td data-label={t.groups}>{enrolment.groups.join(', ') || t.always}</td>
              <td data-label={t.entered}>
                {enrolment.entered > 0 && date(enrolment.entered)}
                {props.course !== undefined && enrolment.open && enrolment.entered === 0 && (
                  <form method="post" action="/visits">
                    <input type="hidden" name="course" value={props.course} />
                    <input type="hidden" name="email" value={enrolment.email} />
                    <button type="submit" class="quiet">
                      {t.enter}
                    </button>
                  </form>
                )}
              </td>
              <td data-label={t.timesSet} class="number">
                {enrolment.set === 0 ? t.always : t.times(enrolment.set, enrolment.created)}
              </td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

function stateOf(enrolment: EnrolmentView, now: number): keyof Voice['t']['states'] {
  if (enrolment.status === 'suspended') return 'suspended'
  if (enrolment.open) return 'open'
  return enrolment.timestart > now ? 'upcoming' : 'ended'
}
