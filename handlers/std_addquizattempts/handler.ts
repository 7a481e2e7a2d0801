import {
  checkCourse,
  defineHandler,
  type Finding,
  learnerFields,
  moodleCourse,
  Refused,
  RetryLater,
  type ScriptContext,
  z,
} from 'boutique/sdk'
import { attemptsOf, quizzesOf, setAttempts } from './quiz-attempts.ts'

export default defineHandler({
  title: { en: 'More attempts at quizzes', fr: 'Tentatives de test supplémentaires' },
  summary: {
    en: 'Each unit gives one learner more attempts at quizzes of a course. Needs Moodle 4.5 or later.',
    fr: 'Chaque unité donne à un apprenant des tentatives de plus aux tests d’un cours. Moodle 4.5 au moins.',
  },
  functions: [
    'core_webservice_get_site_info',
    'core_course_get_courses_by_field',
    'core_user_get_users',
    'core_user_create_users',
    'mod_quiz_get_quizzes_by_courses',
    'mod_quiz_get_overrides',
    'mod_quiz_save_overrides',
    'mod_quiz_delete_overrides',
  ],
  internal: z.object({
    course: moodleCourse({ en: 'Course', fr: 'Cours' }),
    quizzes: z
      .array(z.int().positive())
      .min(1)
      .max(20)
      .meta({
        label: { en: 'Quizzes', fr: 'Tests' },
        help: {
          en: 'The number that ends the address of the quiz’s page: 57 in …/mod/quiz/view.php?id=57.',
          fr: 'Le nombre à la fin de l’adresse de la page du test : 57 dans …/mod/quiz/view.php?id=57.',
        },
      }),
    attempts: z
      .int()
      .min(1)
      .max(100)
      .default(1)
      .meta({ label: { en: 'Attempts added', fr: 'Tentatives ajoutées' } }),
  }),
  external: z.object(learnerFields),

  async check({ internal, moodle }) {
    const { functions, release } = await moodle.siteInfo()
    if (!functions.has('mod_quiz_save_overrides')) {
      return [
        {
          level: 'error',
          text: {
            en: `This site can’t give attempts: it has no mod_quiz_save_overrides, which comes with Moodle 4.5 (it is ${release}) and must be in our service.`,
            fr: `Cette plateforme ne peut donner de tentatives : il lui manque mod_quiz_save_overrides, qui vient avec Moodle 4.5 (elle est en ${release}) et doit être dans notre service.`,
          },
        },
      ]
    }
    if (!(await moodle.course(internal.course))) return await checkCourse(moodle, internal.course, 'course')
    const there = await quizzesOf(moodle, internal.course)
    const findings: Finding[] = []
    for (const page of new Set(internal.quizzes)) {
      const quiz = there.find((one) => one.page === page)
      if (quiz && quiz.attempts > 0) continue
      const list = there.map(({ page, name }) => `${page} (${name})`).join(', ')
      const text = quiz
        ? {
            en: `“${quiz.name}” allows any number of attempts already.`,
            fr: `« ${quiz.name} » permet déjà un nombre illimité de tentatives.`,
          }
        : {
            en: `The course has no quiz ${page} that our token can see. It has: ${list || 'none'}.`,
            fr: `Le cours n’a pas de test ${page} que notre jeton puisse voir. Il a : ${list || 'aucun'}.`,
          }
      findings.push({ field: 'quizzes', level: 'error', text })
    }
    return findings
  },

  async postpay({ unit, internal, external, moodle, reserve, free, step }) {
    const { locale } = unit.order
    const { email, firstname, lastname } = external
    const learner = await step('account', () => moodle.ensureAccount({ email, firstname, lastname, locale }))
    const pages = [...new Set(internal.quizzes)]
    const quizzes = await step('quizzes', async () => {
      const there = await quizzesOf(moodle, internal.course)
      return pages.map((page) => {
        const quiz = there.find((one) => one.page === page)
        if (quiz) return quiz
        throw new Refused({
          en: `Course ${internal.course} has no quiz ${page} any more, or hides it from the shop.`,
          fr: `Le cours ${internal.course} n’a plus de test ${page}, ou le cache à la boutique.`,
        })
      })
    })
    const { attempts } = internal
    for (const quiz of quizzes) {
      await change({ reserve, free, step }, quiz.id, learner.id, async () => {
        const before = await step(`before-${quiz.id}`, () => attemptsOf(moodle, quiz, learner.id))
        if (before === 0) return
        await step(`add-${quiz.id}`, () => setAttempts(moodle, quiz, learner.id, before + attempts))
      })
    }
    const names = quizzes.map(({ name }) => name).join(', ')
    return {
      products: [
        {
          key: 'attempts',
          title: unit.entry.title,
          link: `${moodle.url}/mod/quiz/view.php?id=${pages[0]}`,
          holder: { email, firstname, lastname },
          startsAt: unit.order.paidAt ?? unit.order.placedAt,
          data: { user: learner.id, quizzes: quizzes.map(({ id }) => id) },
        },
      ],
      feedback: {
        shown: {
          en: `${firstname} ${lastname} has more attempts: ${names} (+${attempts}).`,
          fr: `${firstname} ${lastname} a des tentatives de plus : ${names} (+${attempts}).`,
        },
      },
    }
  },

  // What is left of them is taken back; attempts that were made stay.
  async revoke({ internal, products, moodle, reserve, free, step }) {
    const given = z.object({ user: z.int(), quizzes: z.array(z.int()) })
    for (const product of products) {
      const { user, quizzes } = given.parse(product.data)
      const there = await step('quizzes', () => quizzesOf(moodle, internal.course))
      // A quiz that is gone took its attempts with it.
      for (const quiz of there.filter(({ id }) => quizzes.includes(id))) {
        await change({ reserve, free, step }, quiz.id, user, async () => {
          const before = await step(`before-${quiz.id}`, () => attemptsOf(moodle, quiz, user))
          if (before === 0) return
          const left = Math.max(quiz.attempts, before - internal.attempts)
          await step(`take-${quiz.id}`, () => setAttempts(moodle, quiz, user, left))
        })
      }
    }
  },
})

/** Changes one person's attempts at one quiz while no other unit does: each adds to what the last one left. */
async function change(
  { reserve, free, step }: Pick<ScriptContext<unknown, unknown>, 'reserve' | 'free' | 'step'>,
  quiz: number,
  user: number,
  work: () => Promise<void>,
): Promise<void> {
  const name = `${quiz}:${user}`
  let held = false
  try {
    await step(`hold-${quiz}`, async () => {
      held = await reserve(name)
      if (!held) throw new RetryLater(5, `another unit gives attempts at quiz ${quiz} just now`)
    })
  } catch (error) {
    // What isn't recorded nobody would free: a worker that was thought dead may come here when all is done.
    if (held) await free(name)
    throw error
  }
  await work()
  await step(`free-${quiz}`, () => free(name))
}
