import { describeEnrolments } from '../describe-site.ts'
import { groupsOf } from '../groups.ts'
import type { Site } from '../rest.ts'
import type { Course } from '../state.ts'
import { EnrolmentTable } from './enrolment-table.tsx'
import { CourseBadges } from './home-page.tsx'
import { Page, withLanguage } from './page.tsx'
import { type Language, voiceIn } from './texts.ts'

const shownPeople = 500

/** A course, where the link of a product leads: what it holds and who is in it. */
export function CoursePage(props: { site: Site; course: Course; language: Language; now: number }) {
  const { site, course, language, now } = props
  const voice = voiceIn(language)
  const { t } = voice
  const people = describeEnrolments(site.state, course, now, { limit: shownPeople })
  const groups = groupsOf(site.state, course.id)
  const category = site.state.categories.get(course.categoryId)
  return (
    <Page
      language={language}
      title={`${course.fullname} – ${site.state.sitename}`}
      sitename={site.state.sitename}
      release={site.state.release}
      address={`/course/view.php?id=${course.id}`}
    >
      <main class="course-page">
        <p class="back">
          <a href={withLanguage('/', language)}>← {t.home}</a>
        </p>
        <h1>{course.fullname}</h1>
        <p class="facts">
          <code>{course.shortname}</code>
          {category && <span>{category.name}</span>}
          <CourseBadges course={course} voice={voice} />
        </p>
        <p class="summary">{plain(course.summary)}</p>

        <section>
          <h2>{t.content}</h2>
          <ol class="sections">
            {course.sections.map((section) => (
              <li>
                {section.name}
                {section.activities.map((activity) => (
                  <span class="activity">{activity}</span>
                ))}
              </li>
            ))}
          </ol>
        </section>

        <section>
          <h2>{t.peopleHere}</h2>
          {groups.length > 0 && (
            <p class="hint">{t.groupsHere(groups.map((group) => group.name).join(', '))}</p>
          )}
          {people.total === 0 ? (
            <p class="empty">{t.nobody}</p>
          ) : (
            <EnrolmentTable
              course={course.id}
              enrolments={people.shown}
              caption={t.peopleHere}
              now={now}
              voice={voice}
            />
          )}
          {people.total > shownPeople && <p class="hint">{t.moreShown(shownPeople, people.total)}</p>}
        </section>
      </main>
    </Page>
  )
}

/** The text of a summary, which is HTML that others wrote. */
const plain = (html: string) =>
  html
    .replace(/<[^>]*>/g, ' ')
    .replaceAll('&amp;', '&')
    .trim()
