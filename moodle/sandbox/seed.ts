import { addCategory } from './categories.ts'
import { addCohort } from './cohorts.ts'
import { addCourse } from './courses.ts'
import { setEnrolment } from './enrolment.ts'
import type { Release } from './failure.ts'
import { addGroup } from './groups.ts'
import type { Course, State } from './state.ts'
import { addUser } from './users.ts'

/** 1 September 2026, 00:00 in Paris: the day on which the organisation's site was set up. */
const opened = 1_788_213_600

type CourseSeed = Pick<Course, 'shortname' | 'fullname' | 'summary'> & {
  category: string
  lang: 'fr' | 'en'
  sections: string[]
  hidden?: true
  manual?: Course['manual']
  groups?: string[]
  teacher?: string
  learners?: string[]
  quizzes?: [name: string, attempts: number][]
}

const categories: [idnumber: string, name: string, description: string][] = [
  ['SECURITE', 'Santé et sécurité au travail', 'Former les équipes aux gestes qui protègent.'],
  ['NUMERIQUE', 'Numérique et données', 'Des outils et des données, bien employés.'],
  ['MANAGEMENT', 'Management et projets', 'Conduire une équipe, mener un projet, prendre la parole.'],
  ['LANGUES', 'Langues', 'Français langue étrangère et anglais professionnel.'],
  ['MODELES', 'Modèles', 'Course templates: copied, never followed.'],
]

const courses: CourseSeed[] = [
  {
    shortname: 'SST-2026',
    fullname: 'Sauveteur secouriste du travail',
    category: 'SECURITE',
    lang: 'fr',
    summary: 'Protéger, examiner, alerter, secourir : quatorze heures pour agir juste face à un accident.',
    sections: ['Le rôle du sauveteur secouriste', 'Protéger et examiner', 'Secourir', 'Prévenir'],
    groups: ['Session de janvier', 'Session de mars'],
    teacher: 'claire.morel',
    learners: ['amine.benali', 'lucie.garnier', 'tom.baker'],
    quizzes: [['Évaluation finale', 2]],
  },
  {
    shortname: 'INCENDIE-01',
    fullname: 'Sécurité incendie : équipier de première intervention',
    category: 'SECURITE',
    lang: 'fr',
    summary: 'Reconnaître un départ de feu, donner l’alarme, choisir l’extincteur, évacuer.',
    sections: ['Le feu et ses classes', 'Alarme et alerte', 'Extincteurs', 'Évacuation'],
    teacher: 'claire.morel',
    learners: ['lucie.garnier'],
    quizzes: [['Quiz des classes de feu', 3]],
  },
  {
    shortname: 'RGPD-01',
    fullname: 'Le RGPD en pratique',
    category: 'NUMERIQUE',
    lang: 'fr',
    summary: 'Tenir le registre, informer les personnes, répondre aux demandes, réagir à une violation.',
    sections: ['Les mots du règlement', 'Le registre', 'Les droits des personnes', 'Violation de données'],
    groups: ['Groupe A', 'Groupe B'],
    teacher: 'marc.lefebvre',
    learners: ['amine.benali', 'sofia.rossi'],
    quizzes: [
      ['Vérifiez vos acquis', 2],
      ['Certification', 1],
    ],
  },
  {
    shortname: 'DATA-101',
    fullname: 'Data literacy with spreadsheets',
    category: 'NUMERIQUE',
    lang: 'en',
    summary: 'Clean a table, summarise it, chart it honestly, and say what it does not show.',
    sections: ['Tidy tables', 'Pivot tables', 'Charts that tell the truth', 'Your own data'],
    teacher: 'emma.clarke',
    learners: ['tom.baker'],
    quizzes: [['Final quiz', 2]],
  },
  {
    shortname: 'SQL-201',
    fullname: 'SQL for analysts',
    category: 'NUMERIQUE',
    lang: 'en',
    summary: 'From SELECT to window functions, on a shop’s real questions.',
    sections: ['Selecting', 'Joining', 'Grouping', 'Windows'],
    teacher: 'emma.clarke',
    quizzes: [['Query challenge', 3]],
  },
  {
    shortname: 'A11Y-01',
    fullname: 'Digital accessibility essentials',
    category: 'NUMERIQUE',
    lang: 'en',
    summary: 'What WCAG 2.2 asks, how to test with a keyboard and a screen reader, how to write it down.',
    sections: ['Who is left out', 'Keyboard and focus', 'Text alternatives', 'Testing'],
    teacher: 'emma.clarke',
  },
  {
    shortname: 'MANAGER-01',
    fullname: 'Les fondamentaux du management',
    category: 'MANAGEMENT',
    lang: 'fr',
    summary: 'Fixer un cap, déléguer, donner un retour qui sert, conduire un entretien.',
    sections: ['Prendre ses fonctions', 'Déléguer', 'Le retour', 'L’entretien annuel'],
    groups: ['Promotion 2026'],
    teacher: 'marc.lefebvre',
    learners: ['sofia.rossi'],
  },
  {
    shortname: 'PROJET-01',
    fullname: 'Conduite de projet',
    category: 'MANAGEMENT',
    lang: 'fr',
    summary: 'Cadrer, planifier, suivre, clore : une méthode légère et ses documents.',
    sections: ['Cadrer', 'Planifier', 'Suivre', 'Clore'],
    teacher: 'marc.lefebvre',
    quizzes: [['Étude de cas', 1]],
  },
  {
    shortname: 'SPEAK-01',
    fullname: 'Public speaking',
    category: 'MANAGEMENT',
    lang: 'en',
    summary: 'Three short talks, filmed, with feedback: structure, voice, questions from the room.',
    sections: ['Structure', 'Voice and pace', 'Questions'],
    groups: ['Online', 'In Lyon'],
    teacher: 'emma.clarke',
  },
  {
    shortname: 'FLE-B1',
    fullname: 'Français langue étrangère, niveau B1',
    category: 'LANGUES',
    lang: 'fr',
    summary: 'Raconter, expliquer, donner son avis : soixante heures vers le niveau B1 du CECRL.',
    sections: ['Se présenter', 'Raconter', 'Donner son avis', 'Examen blanc'],
    teacher: 'claire.morel',
    learners: ['tom.baker', 'sofia.rossi'],
    quizzes: [['Examen blanc', 1]],
  },
  {
    shortname: 'BROUILLON-01',
    fullname: 'Prévenir les risques psychosociaux (en préparation)',
    category: 'SECURITE',
    lang: 'fr',
    summary: 'Ce cours est caché : il n’est pas prêt.',
    sections: ['Plan'],
    hidden: true,
  },
  {
    shortname: 'NOMAN',
    fullname: 'Accueil des nouveaux formateurs',
    category: 'MANAGEMENT',
    lang: 'fr',
    summary: 'Ce cours n’a pas d’inscription manuelle : personne ne peut y être inscrit de l’extérieur.',
    sections: ['Bienvenue'],
    manual: 'none',
  },
  {
    shortname: 'MANOFF',
    fullname: 'English for the workplace (closed)',
    category: 'LANGUES',
    lang: 'en',
    summary: 'Manual enrolment is switched off in this course.',
    sections: ['Small talk'],
    manual: 'disabled',
  },
  {
    shortname: 'TPL-SESSION',
    fullname: 'Modèle de session',
    category: 'MODELES',
    lang: 'fr',
    summary: 'Le cours que l’on copie pour ouvrir une session chez un client.',
    sections: ['Accueil', 'Documents', 'Activités', 'Évaluation'],
    quizzes: [['Évaluation de fin de session', 1]],
  },
]

const people: [username: string, firstname: string, lastname: string, city: string, country: string][] = [
  ['claire.morel', 'Claire', 'Morel', 'Lyon', 'FR'],
  ['marc.lefebvre', 'Marc', 'Lefebvre', 'Nantes', 'FR'],
  ['emma.clarke', 'Emma', 'Clarke', 'Bristol', 'GB'],
  ['amine.benali', 'Amine', 'Benali', 'Lille', 'FR'],
  ['lucie.garnier', 'Lucie', 'Garnier', 'Lyon', 'FR'],
  ['tom.baker', 'Tom', 'Baker', 'Leeds', 'GB'],
  ['sofia.rossi', 'Sofia', 'Rossi', 'Nice', 'FR'],
]

const empty = (release: Release): State => ({
  release,
  sitename: 'Atelier Formation',
  ids: { user: 0, course: 0, category: 0, group: 0, cohort: 0, override: 0, message: 0, note: 0 },
  users: new Map(),
  usernames: new Map(),
  emails: new Map(),
  categories: new Map(),
  courses: new Map(),
  enrolments: new Map(),
  tallies: new Map(),
  visits: new Map(),
  roles: new Map(),
  groups: new Map(),
  cohorts: new Map(),
  quizzes: new Map(),
  overrides: new Map(),
  messages: [],
  notes: [],
})

/** The site of Atelier Formation, a training organisation. Its ids are the same every time. */
export function seed(release: Release): State {
  const state = empty(release)
  const userIds = seedUsers(state)
  const categoryIds = new Map(
    categories.map(([idnumber, name, description]) => [
      idnumber,
      addCategory(state, { idnumber, name, description, parent: 0, visible: true, modifiedAt: opened }).id,
    ]),
  )
  addCourse(state, frontPage)
  for (const course of courses) {
    seedCourse(state, course, categoryIds.get(course.category) ?? 1, (username) => userIds.get(username) ?? 0)
  }
  const partners = addCohort(state, {
    name: 'Entreprises partenaires',
    idnumber: 'PARTENAIRES',
    description: 'Learners of the companies that signed a framework agreement.',
    visible: true,
  })
  partners.members.add(userIds.get('amine.benali') ?? 0)
  addCohort(state, { name: 'Alumni 2026', idnumber: 'ALUMNI-2026', description: '', visible: true })
  state.tallies.clear() // the tallies count what the shop does
  return state
}

const blank = { idnumber: '', city: '', country: '', lang: 'en', auth: 'manual', createdAt: opened }

function seedUsers(state: State): Map<string, number> {
  addUser(state, {
    ...blank,
    username: 'guest',
    email: 'root@localhost',
    firstname: 'Guest user',
    lastname: ' ',
  })
  addUser(state, {
    ...blank,
    username: 'admin',
    email: 'admin@atelier.example',
    firstname: 'Admin',
    lastname: 'Atelier',
  })
  addUser(state, {
    ...blank,
    username: 'wsboutique',
    email: 'boutique@atelier.example',
    firstname: 'WS',
    lastname: 'Boutique',
  })
  return new Map(
    people.map(([username, firstname, lastname, city, country]) => {
      const email = `${username}@atelier.example`
      const lang = country === 'FR' ? 'fr' : 'en'
      return [
        username,
        addUser(state, { ...blank, username, email, firstname, lastname, city, country, lang }).id,
      ]
    }),
  )
}

const frontPage: Omit<Course, 'id'> = {
  shortname: 'Atelier',
  fullname: 'Atelier Formation',
  idnumber: '',
  summary: '',
  categoryId: 0,
  visible: true,
  format: 'site',
  lang: '',
  startsAt: 0,
  endsAt: 0,
  groupMode: 0,
  completion: false,
  manual: 'none',
  sections: [{ name: 'General', activities: [] }],
  createdAt: opened,
  modifiedAt: opened,
}

function seedCourse(
  state: State,
  given: CourseSeed,
  categoryId: number,
  userId: (name: string) => number,
): void {
  const quizzes = given.quizzes ?? []
  const course = addCourse(state, {
    ...frontPage,
    shortname: given.shortname,
    fullname: given.fullname,
    idnumber: `AF-${given.shortname}`,
    summary: `<p>${given.summary}</p>`,
    categoryId,
    visible: !given.hidden,
    format: 'topics',
    lang: given.lang,
    startsAt: opened,
    completion: true,
    manual: given.manual ?? 'enabled',
    sections: given.sections.map((name, index) => ({
      name,
      activities: index === given.sections.length - 1 ? quizzes.map(([quiz]) => quiz) : [],
    })),
  })
  const groups = (given.groups ?? []).map((name) =>
    addGroup(state, { courseId: course.id, name, idnumber: '', description: '' }),
  )
  for (const [name, attempts] of quizzes) {
    const id = state.quizzes.size + 1
    state.quizzes.set(id, { id, courseId: course.id, name, attempts, timeLimit: 0 })
  }
  const enrol = (username: string, roleId: number) => {
    const enrolment = { userId: userId(username), startsAt: 0, endsAt: 0, suspended: false }
    setEnrolment(state, course.id, enrolment, roleId)
  }
  if (given.teacher) enrol(given.teacher, 3)
  for (const [index, learner] of (given.learners ?? []).entries()) {
    enrol(learner, 5)
    groups[index % groups.length]?.members.add(userId(learner))
  }
}
