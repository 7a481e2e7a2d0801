import type { Part } from '../db/schema.ts'
import type { Text } from '../sdk/text.ts'

/** An entry of the demo. `course`: the short name of the sandbox's course that its units enrol in. */
export type DemoEntry = {
  code: string
  title: Text
  summary: Text
  description: Text
  category: Text
  priceCents: number
  vatBasisPoints: number
  course?: string
  /** Another one than its course, or the absence of one, implies. */
  handler?: string
  internal: Record<string, unknown>
  fields?: unknown[]
  /** Of a bundle. */
  parts?: Part[]
  maxQuantity?: number
  onSale?: false
}

const safety: Text = { en: 'Health and safety', fr: 'Santé et sécurité' }
const digital: Text = { en: 'Digital and data', fr: 'Numérique et données' }
const management: Text = { en: 'Management and speaking', fr: 'Management et prise de parole' }
const budget: Text = { en: 'Training budget', fr: 'Budget formation' }
const languages: Text = { en: 'Languages', fr: 'Langues' }

/** Vocational training is exempt from VAT in France (CGI, article 261-4-4°). */
const exempt = 0
const standard = 2000
/** Printed books, CGI article 278-0 bis. */
const books = 550

const inDays = (days: number) => new Date(Date.now() + days * 86_400_000).toISOString().slice(0, 10)

export const demoEntries: DemoEntry[] = [
  {
    code: 'SST-2026',
    category: safety,
    title: { en: 'Workplace first aider', fr: 'Sauveteur secouriste du travail' },
    summary: {
      en: 'Two days on site and a course online: protect, examine, alert, help.',
      fr: 'Deux jours en salle et un cours en ligne : protéger, examiner, alerter, secourir.',
    },
    description: {
      en: `Someone collapses in the workshop. The next three minutes belong to whoever stands closest. This training makes that person ready: what to look at first, whom to call, which gestures help and which do harm.

You prepare online at your own pace, then practise for two days on site, in groups of ten at the most, with a trainer who works with an ambulance crew. The online course stays open for a year, so that you can come back to it before the refresher.

## What you will be able to do
- Protect a person and those around them from a further accident
- Examine, and give the alert that brings the right help
- Stop heavy bleeding, clear an airway, do CPR, use a defibrillator
- See a risk before it becomes an accident, and report it

## Who it is for
Any employee; no prior knowledge is asked. French law wants at least one first aider in each workshop where dangerous work is done (Labour Code, R4224-15).

## What you get
- Twelve months of access to the course and its 14 short films
- Two days on site, lunch included
- The SST card, valid for 24 months, after the final assessment`,
      fr: `Quelqu’un s’effondre dans l’atelier. Les trois minutes qui suivent appartiennent à la personne la plus proche. Cette formation la prépare : que regarder d’abord, qui appeler, quels gestes aident et lesquels aggravent.

Vous vous préparez en ligne à votre rythme, puis vous pratiquez deux jours en salle, dix personnes au plus, avec un formateur qui exerce aussi sur le terrain. Le cours en ligne reste ouvert un an : on y revient avant le recyclage.

## Ce que vous saurez faire
- Protéger une personne et son entourage d’un suraccident
- Examiner, puis donner l’alerte qui amène les bons secours
- Arrêter un saignement, libérer les voies aériennes, masser, utiliser un défibrillateur
- Repérer un risque avant l’accident, et le signaler

## À qui elle s’adresse
À tout salarié, sans prérequis. Le Code du travail (R4224-15) demande au moins un secouriste dans chaque atelier où sont effectués des travaux dangereux.

## Ce que vous recevez
- Douze mois d’accès au cours et à ses 14 films courts
- Deux jours en salle, déjeuner compris
- Le certificat SST, valable 24 mois, après l’épreuve finale`,
    },
    priceCents: 29_000,
    vatBasisPoints: exempt,
    course: 'SST-2026',
    internal: { durationDays: 365, again: 'extend', buyerGroup: true },
    fields: [
      {
        name: 'company',
        type: 'text',
        label: { en: 'Employer', fr: 'Employeur' },
        help: { en: 'Printed on the certificate.', fr: 'Indiqué sur le certificat.' },
        required: true,
        max: 100,
        autocomplete: 'organization',
        sameForAll: true,
      },
      {
        name: 'session',
        type: 'select',
        label: { en: 'Two days on site', fr: 'Les deux jours en salle' },
        required: true,
        sameForAll: true,
        options: [
          {
            value: 'lyon',
            label: { en: 'Lyon, first week of the month', fr: 'Lyon, première semaine du mois' },
          },
          { value: 'nantes', label: { en: 'Nantes, second week', fr: 'Nantes, deuxième semaine' } },
          { value: 'lille', label: { en: 'Lille, third week', fr: 'Lille, troisième semaine' } },
        ],
      },
      {
        name: 'lunch',
        type: 'checkbox',
        label: { en: 'Has lunch with the group', fr: 'Déjeune avec le groupe' },
        default: true,
      },
      {
        name: 'diet',
        type: 'select',
        label: { en: 'Dietary needs', fr: 'Régime alimentaire' },
        default: 'none',
        visibleWhen: { field: 'lunch', is: [true] },
        options: [
          { value: 'none', label: { en: 'None in particular', fr: 'Aucun en particulier' } },
          { value: 'vegetarian', label: { en: 'Vegetarian', fr: 'Végétarien' } },
          { value: 'nopork', label: { en: 'Without pork', fr: 'Sans porc' } },
          { value: 'glutenfree', label: { en: 'Gluten-free', fr: 'Sans gluten' } },
          { value: 'other', label: { en: 'Something else', fr: 'Autre' } },
        ],
      },
      {
        name: 'dietOther',
        type: 'text',
        label: { en: 'Which one?', fr: 'Lequel ?' },
        required: true,
        max: 120,
        visibleWhen: { field: 'diet', is: ['other'] },
      },
    ],
    maxQuantity: 60,
  },
  {
    code: 'INCENDIE',
    category: safety,
    title: { en: 'Fire safety: first response', fr: 'Sécurité incendie : première intervention' },
    summary: {
      en: 'Recognise a fire at its start, raise the alarm, choose the extinguisher, evacuate.',
      fr: 'Reconnaître un départ de feu, donner l’alarme, choisir l’extincteur, évacuer.',
    },
    description: {
      en: `Most fires at work begin small, and end by how the first minute was spent. In three hours online you learn what burns and why, which extinguisher makes it worse, and how a calm evacuation is led.

Each chapter ends with a situation from a real report: a battery that swells in an office, a pan in a staff kitchen, a skip behind a warehouse. You decide, then see what happened.

## Programme
- Fire and its classes: what feeds it, what starves it
- Alarm and alert: who does what, in which order
- Extinguishers: powder, water, CO₂, and when to leave them on the wall
- Evacuation: guides, rear guards, assembly point, people with reduced mobility

## Who it is for
Every employee, and first responders before their practical drill. Nothing is required beforehand.

## What you get
- Six months of access, about three hours of work
- A certificate of completion for your safety register`,
      fr: `La plupart des incendies au travail commencent petits, et finissent selon l’emploi de la première minute. En trois heures en ligne, vous apprenez ce qui brûle et pourquoi, quel extincteur aggrave les choses, et comment on conduit une évacuation sans panique.

Chaque chapitre se termine par une situation tirée d’un vrai rapport : une batterie qui gonfle dans un bureau, une poêle dans une salle de pause, une benne derrière un entrepôt. Vous décidez, puis vous voyez ce qui s’est passé.

## Programme
- Le feu et ses classes : ce qui le nourrit, ce qui l’étouffe
- Alarme et alerte : qui fait quoi, dans quel ordre
- Les extincteurs : poudre, eau, CO₂, et quand les laisser au mur
- L’évacuation : guides, serre-files, point de rassemblement, personnes à mobilité réduite

## À qui elle s’adresse
À tous les salariés, et aux équipiers de première intervention avant leur exercice pratique. Aucun prérequis.

## Ce que vous recevez
- Six mois d’accès, trois heures de travail environ
- Une attestation à joindre à votre registre de sécurité`,
    },
    priceCents: 9_500,
    vatBasisPoints: exempt,
    course: 'INCENDIE-01',
    internal: { durationDays: 180 },
  },
  {
    code: 'INCENDIE-SESSION',
    category: safety,
    title: {
      en: 'Fire safety: a session for your team',
      fr: 'Sécurité incendie : une session pour votre équipe',
    },
    summary: {
      en: 'A group of your own in the course: up to twelve people, and those who follow them.',
      fr: 'Un groupe à vous dans le cours : jusqu’à douze personnes, et celles qui les suivent.',
    },
    description: {
      en: `Everybody follows the same course, but your team does so together: in a group of its own, under the name that you give it, with its own discussions and its own results.

Paste the list of participants from a spreadsheet, or choose a CSV file; each row is checked at once. Name those who supervise too: a safety officer or a team leader sees the group’s progress and takes nobody’s seat.

## What you get
- A session of twelve participants at the most, for six months
- As many supervisors as you need, at no charge
- A participant who leaves is replaced by another at any time`,
      fr: `Le cours est le même pour tous, mais votre équipe le suit ensemble : dans un groupe à elle, sous le nom que vous lui donnez, avec ses échanges et ses résultats.

Collez la liste des participants depuis un tableur, ou choisissez un fichier CSV ; chaque ligne est vérifiée aussitôt. Indiquez aussi qui encadre : une personne chargée de la sécurité ou une cheffe d’équipe voit la progression du groupe sans occuper de place.

## Ce que vous recevez
- Une session de douze participants au plus, pour six mois
- Autant d’encadrants que nécessaire, sans supplément
- Une personne qui part est remplacée par une autre à tout moment`,
    },
    priceCents: 84_000,
    vatBasisPoints: exempt,
    course: 'INCENDIE-01',
    handler: 'std_setuponecoursesession',
    internal: { seats: 12, durationDays: 180 },
  },
  {
    code: 'RGPD-01',
    category: digital,
    title: { en: 'GDPR in practice', fr: 'Le RGPD en pratique' },
    summary: {
      en: 'Keep the register, inform people, answer their requests, react to a breach.',
      fr: 'Tenir le registre, informer les personnes, répondre aux demandes, réagir à une violation.',
    },
    description: {
      en: `You don’t need to be a lawyer to handle personal data properly; you need a register that tells the truth, notices that people understand, and a plan for the day something leaks. This course has you make all three, for your own organisation.

Every module gives a model document and a short case. A trainer reads your register and comments on it. The course is in French.

## Programme
- The words of the regulation, with examples from a training organisation
- The register: from a blank page to ten honest lines
- People’s rights: answering a request within a month
- A data breach: the first 72 hours

## Who it is for
Managers, HR, IT and anyone who was just told “you are our GDPR contact”.

## What you get
- Ninety days of access, about seven hours of work
- Four model documents that you keep
- One review of your register by a trainer`,
      fr: `Pas besoin d’être juriste pour bien traiter des données personnelles : il faut un registre qui dise vrai, des mentions que l’on comprend, et un plan pour le jour où quelque chose fuit. Ce cours vous fait produire les trois, pour votre propre organisme.

Chaque module apporte un document modèle et un cas court. Un formateur relit votre registre et le commente.

## Programme
- Les mots du règlement, avec les exemples d’un organisme de formation
- Le registre : de la page blanche à dix lignes honnêtes
- Les droits des personnes : répondre à une demande en un mois
- La violation de données : les 72 premières heures

## À qui il s’adresse
Aux responsables, aux RH, à l’informatique, et à quiconque vient d’entendre « c’est toi notre référent RGPD ».

## Ce que vous recevez
- Quatre-vingt-dix jours d’accès, sept heures de travail environ
- Quatre documents modèles que vous gardez
- Une relecture de votre registre par un formateur`,
    },
    priceCents: 18_000,
    vatBasisPoints: exempt,
    course: 'RGPD-01',
    internal: { durationDays: 90, buyerGroup: true },
  },
  {
    code: 'DATA-101',
    category: digital,
    title: { en: 'Data literacy with spreadsheets', fr: 'Lire et traiter des données au tableur' },
    summary: {
      en: 'Clean a table, summarise it, chart it honestly, and say what it does not show.',
      fr: 'Nettoyer un tableau, le résumer, le représenter honnêtement, dire ce qu’il ne montre pas.',
    },
    description: {
      en: `A spreadsheet is where most decisions are prepared, and where most mistakes are made. Over four weeks you take one untidy table, your own if you like, and bring it to a one-page note that somebody can decide on.

No macros, no programming: the functions you need, the habits that prevent errors, and an eye for charts that mislead. The course is in English, with a forum where questions are answered within a working day.

## Programme
- Tidy tables: one row, one fact
- Pivot tables: counting before calculating
- Charts that tell the truth, and three that do not
- Your own data: from the question to the note

## Who it is for
Anyone who receives a table every month and has to say something about it. You should be able to write a sum in a spreadsheet.

## What you get
- Six months of access, about twelve hours of work
- Exercise files and a checklist to keep by the screen
- A certificate with your result in the final quiz`,
      fr: `Le tableur est l’endroit où se préparent la plupart des décisions, et où se commettent la plupart des erreurs. En quatre semaines, vous partez d’un tableau en désordre, le vôtre si vous voulez, pour arriver à une note d’une page sur laquelle on peut décider.

Ni macros ni programmation : les fonctions utiles, les habitudes qui évitent les erreurs, et l’œil pour les graphiques trompeurs. Le cours est en anglais, avec un forum où l’on vous répond sous un jour ouvré.

## Programme
- Des tableaux propres : une ligne, un fait
- Les tableaux croisés : compter avant de calculer
- Des graphiques qui disent vrai, et trois qui mentent
- Vos propres données : de la question à la note

## À qui il s’adresse
À celles et ceux qui reçoivent un tableau chaque mois et doivent en dire quelque chose. Il suffit de savoir écrire une somme dans un tableur.

## Ce que vous recevez
- Six mois d’accès, douze heures de travail environ
- Les fichiers d’exercice et une liste de contrôle à garder près de l’écran
- Une attestation avec votre résultat au quiz final`,
    },
    priceCents: 24_000,
    vatBasisPoints: standard,
    course: 'DATA-101',
    internal: { durationDays: 180 },
  },
  {
    code: 'SQL-201',
    category: digital,
    title: { en: 'SQL for analysts', fr: 'SQL pour analystes' },
    summary: {
      en: 'From SELECT to window functions, on the real questions of a shop.',
      fr: 'De SELECT aux fonctions de fenêtrage, sur les vraies questions d’une boutique.',
    },
    description: {
      en: `Which customers came back? Which product pulls the others along? Where do we lose money on Tuesdays? You answer thirty questions of this kind on the database of a small shop, each a little harder than the last, and the last ten would impress a data team.

Queries run in your browser: nothing to install. Each exercise accepts any query that gives the right answer and then shows two other ways, with their cost. The course is in English.

## Programme
- Selecting: filters, dates, text, missing values
- Joining: one to many, many to many, and what a join silently loses
- Grouping: totals, shares, and HAVING
- Windows: ranks, running totals, comparing a row with its neighbours

## Who it is for
Analysts, controllers and product people who now wait for somebody else’s extract. “Data literacy with spreadsheets” is a good preparation.

## What you get
- Six months of access, about twenty hours of work
- Thirty exercises, corrected at once
- A query challenge, with a certificate at its end`,
      fr: `Quels clients sont revenus ? Quel produit entraîne les autres ? Où perd-on de l’argent le mardi ? Vous répondez à trente questions de ce genre sur la base d’une petite boutique, chacune un peu plus difficile que la précédente ; les dix dernières impressionneraient une équipe data.

Les requêtes s’exécutent dans le navigateur : rien à installer. Chaque exercice accepte toute requête qui donne la bonne réponse, puis en montre deux autres, avec leur coût. Le cours est en anglais.

## Programme
- Sélectionner : filtres, dates, textes, valeurs absentes
- Joindre : un à plusieurs, plusieurs à plusieurs, et ce qu’une jointure perd en silence
- Regrouper : totaux, parts, HAVING
- Fenêtrer : rangs, cumuls, comparer une ligne à ses voisines

## À qui il s’adresse
Aux analystes, contrôleurs de gestion et responsables produit qui attendent aujourd’hui l’extraction d’un autre. « Lire et traiter des données au tableur » y prépare bien.

## Ce que vous recevez
- Six mois d’accès, vingt heures de travail environ
- Trente exercices corrigés aussitôt
- Un défi de requêtes, et une attestation au bout`,
    },
    priceCents: 36_000,
    vatBasisPoints: standard,
    course: 'SQL-201',
    internal: { durationDays: 180 },
  },
  {
    code: 'DATA-PATH',
    category: digital,
    title: { en: 'From spreadsheet to SQL', fr: 'Du tableur au SQL' },
    summary: {
      en: 'Both data courses and the printed notebook, at one price: for those who want to go all the way.',
      fr: 'Les deux cours de données et le carnet imprimé, à un seul prix : pour qui veut aller jusqu’au bout.',
    },
    description: {
      en: `Most people who learn SQL come from a spreadsheet that has grown too big. This path takes them from the one to the other without a gap: first clean tables and honest charts, then questions put to a real database.

Both courses open at once, so that each learner keeps their own pace. The notebook comes by post, with room for the queries worth keeping.

## Who it is for
Analysts, controllers, project leads: anyone whose week has a table in it.`,
      fr: `On vient au SQL quand un tableur est devenu trop gros. Ce parcours mène de l’un à l’autre sans trou : d’abord des tableaux propres et des graphiques honnêtes, puis des questions posées à une vraie base de données.

Les deux cours s’ouvrent aussitôt, chacun avance à son rythme. Le carnet arrive par la poste, avec de la place pour les requêtes à garder.

## À qui il s’adresse
Analystes, contrôleurs de gestion, chefs de projet : à quiconque a un tableau dans sa semaine.`,
    },
    priceCents: 52_000,
    vatBasisPoints: standard,
    internal: {},
    parts: [
      { code: 'DATA-101', quantity: 1 },
      { code: 'SQL-201', quantity: 1 },
      { code: 'CARNET-96', quantity: 1 },
    ],
  },
  {
    code: 'A11Y-01',
    category: digital,
    title: { en: 'Digital accessibility: the first hour', fr: 'Accessibilité numérique : la première heure' },
    summary: {
      en: 'Free: put the mouse away, use a page by ear, and see who is left out.',
      fr: 'Gratuit : posez la souris, parcourez une page à l’oreille, et voyez qui reste dehors.',
    },
    description: {
      en: `One hour, free, to feel what a list of criteria cannot tell. You order a train ticket with the keyboard alone, you read a page with the screen reader of your phone, and you find on your own site the three faults that half of all sites have.

It is our way of saying that accessibility is a craft that one can learn, and that it begins with ten minutes of attention. The course is in English.

## Programme
- Who is left out: five people, five ways to use the web
- Keyboard and focus: where am I?
- Text alternatives: what does this picture say?
- Testing your own page in ten minutes

## Who it is for
Everyone who writes, draws, codes or orders web pages.

## What you get
- Thirty days of access, about one hour of work
- A checklist for your own pages`,
      fr: `Une heure, gratuite, pour ressentir ce qu’une liste de critères ne dit pas. Vous commandez un billet de train au clavier seul, vous lisez une page avec le lecteur d’écran de votre téléphone, et vous trouvez sur votre propre site les trois défauts qu’a la moitié des sites.

C’est notre façon de dire que l’accessibilité est un métier qui s’apprend, et qu’il commence par dix minutes d’attention. Le cours est en anglais.

## Programme
- Qui reste dehors : cinq personnes, cinq façons d’utiliser le web
- Clavier et focus : où suis-je ?
- Les alternatives textuelles : que dit cette image ?
- Tester votre page en dix minutes

## À qui il s’adresse
À tous ceux qui écrivent, dessinent, codent ou commandent des pages web.

## Ce que vous recevez
- Trente jours d’accès, une heure de travail environ
- Une liste de contrôle pour vos propres pages`,
    },
    priceCents: 0,
    vatBasisPoints: standard,
    course: 'A11Y-01',
    internal: { durationDays: 30, again: 'refuse' },
    maxQuantity: 10,
  },
  {
    code: 'MANAGER-01',
    category: management,
    title: { en: 'First steps as a manager', fr: 'Les fondamentaux du management' },
    summary: {
      en: 'Set a course, delegate, give feedback that helps, hold the yearly review.',
      fr: 'Fixer un cap, déléguer, donner un retour qui sert, conduire l’entretien annuel.',
    },
    description: {
      en: `You were good at your job, so you were given a team. It is another job, and it can be learnt. Over ten weeks, with a cohort of at most twelve, you work on one situation of your own each week and bring back what happened.

Between the four live afternoons, the course gives short readings, a notebook to fill in and a peer with whom you speak for half an hour a week. The course is in French.

## Programme
- Taking over: the first thirty days, the first difficult conversation
- Delegating: saying what is expected, and then leaving room
- Feedback: soon, precise, about the work
- The yearly review: preparing it, holding it, keeping its promises

## Who it is for
Managers in their first two years, and those who are about to start.

## What you get
- A year of access, ten weeks with your cohort
- Four live afternoons with your trainer
- One individual call, when you choose`,
      fr: `Vous étiez bon dans votre métier ; on vous a confié une équipe. C’est un autre métier, et il s’apprend. Pendant dix semaines, avec une promotion de douze personnes au plus, vous travaillez chaque semaine une situation à vous et vous rapportez ce qui s’est passé.

Entre les quatre après-midi en direct, le cours propose des lectures courtes, un carnet à remplir et un pair avec qui parler une demi-heure par semaine.

## Programme
- Prendre ses fonctions : les trente premiers jours, la première conversation difficile
- Déléguer : dire ce qu’on attend, puis laisser la place
- Le retour : tôt, précis, sur le travail
- L’entretien annuel : le préparer, le conduire, en tenir les promesses

## À qui il s’adresse
Aux managers dans leurs deux premières années, et à ceux qui vont commencer.

## Ce que vous recevez
- Un an d’accès, dix semaines avec votre promotion
- Quatre après-midi en direct avec votre formateur
- Un entretien individuel, quand vous le souhaitez`,
    },
    priceCents: 69_000,
    vatBasisPoints: exempt,
    course: 'MANAGER-01',
    internal: { durationDays: 365, again: 'refuse' },
    maxQuantity: 12,
  },
  {
    code: 'DEMO-MASTERCLASS',
    category: management,
    title: { en: 'Masterclass: speaking in public', fr: 'Masterclass : prendre la parole' },
    summary: {
      en: 'One day in Lyon, twenty seats: three short talks, filmed, with feedback.',
      fr: 'Une journée à Lyon, vingt places : trois prises de parole filmées, avec des retours.',
    },
    description: {
      en: `Three minutes in front of nineteen people, three times in a day. The first talk shows where you are, the second works on one thing only, the third you will want to keep: we film it for you.

Emma Clarke has trained speakers of conferences and of court rooms for fifteen years. She says little about gestures and much about what you want the room to do afterwards. Your seat is held for you as soon as your order is placed.

## Programme
- Morning: one idea, one sentence, one opening
- Noon: voice, pace, silence
- Afternoon: questions from the room, and the ones you fear

## Who it is for
Anyone who has to speak in the coming months. Beginners and old hands learn from one another.

## What you get
- A seat, a name badge, lunch
- Your three films and Emma’s notes, within a week`,
      fr: `Trois minutes devant dix-neuf personnes, trois fois dans la journée. La première prise de parole montre où vous en êtes, la deuxième ne travaille qu’une chose, la troisième vous voudrez la garder : nous la filmons pour vous.

Emma Clarke forme depuis quinze ans des orateurs de conférences et de prétoires. Elle parle peu des gestes et beaucoup de ce que vous voulez que la salle fasse ensuite. Votre place est retenue dès la commande.

## Programme
- Matin : une idée, une phrase, une ouverture
- Midi : voix, rythme, silence
- Après-midi : les questions de la salle, et celles que l’on redoute

## À qui elle s’adresse
À qui doit prendre la parole dans les mois qui viennent. Débutants et habitués apprennent les uns des autres.

## Ce que vous recevez
- Une place, un badge, le déjeuner
- Vos trois films et les notes d’Emma, sous une semaine`,
    },
    priceCents: 24_900,
    vatBasisPoints: standard,
    internal: { seats: 20, venue: 'Atelier Formation, 12 quai Saint-Vincent, Lyon', day: inDays(120) },
  },
  {
    code: 'FLE-B1',
    category: languages,
    title: { en: 'French as a foreign language, level B1', fr: 'Français langue étrangère, niveau B1' },
    summary: {
      en: 'Tell, explain, give your opinion: sixty hours towards level B1.',
      fr: 'Raconter, expliquer, donner son avis : soixante heures vers le niveau B1.',
    },
    description: {
      en: `B1 is the level where French begins to carry you: you tell what happened at work, you explain a problem to a neighbour, you disagree politely. Sixty hours bring you there from a solid A2, two thirds of them in writing and listening at your own pace, one third in conversation with a teacher and three other learners.

Every fortnight you record yourself on the same topic; at the end you listen to the first recording again, and smile. A mock examination closes the course.

## Programme
- Introducing oneself, and everyone one works with
- Telling: past tenses that hold together
- Giving one’s opinion, agreeing, objecting
- Mock examination in the conditions of the DELF

## Who it is for
Adults at level A2 who live or work in French. A short test at enrolment tells whether B1 is right for you; if not, you are refunded.

## What you get
- A year of access, sixty hours of work
- Twenty conversation sessions in groups of four
- A mock examination, corrected line by line`,
      fr: `Le B1, c’est le niveau où le français commence à vous porter : vous racontez ce qui s’est passé au travail, vous expliquez un problème à un voisin, vous n’êtes pas d’accord, poliment. Soixante heures vous y amènent depuis un A2 solide : deux tiers d’écrit et d’écoute à votre rythme, un tiers de conversation avec un enseignant et trois autres apprenants.

Tous les quinze jours vous vous enregistrez sur le même sujet ; à la fin, vous réécoutez le premier enregistrement, et vous souriez. Un examen blanc clôt le cours.

## Programme
- Se présenter, et présenter ceux avec qui l’on travaille
- Raconter : des temps du passé qui tiennent ensemble
- Donner son avis, approuver, objecter
- Examen blanc dans les conditions du DELF

## À qui il s’adresse
Aux adultes de niveau A2 qui vivent ou travaillent en français. Un test court à l’inscription dit si le B1 vous convient ; sinon, vous êtes remboursé.

## Ce que vous recevez
- Un an d’accès, soixante heures de travail
- Vingt séances de conversation par groupes de quatre
- Un examen blanc, corrigé ligne à ligne`,
    },
    priceCents: 78_000,
    vatBasisPoints: exempt,
    course: 'FLE-B1',
    internal: { durationDays: 365, again: 'extend' },
  },
  {
    code: 'CARNET-96',
    category: languages,
    title: { en: 'The learner’s notebook (printed)', fr: 'Le carnet de l’apprenant (imprimé)' },
    summary: {
      en: '96 pages to keep words, recordings and small victories; sent within three days.',
      fr: '96 pages pour garder les mots, les enregistrements et les petites victoires ; expédié sous trois jours.',
    },
    description: {
      en: `The notebook that our teachers hand out, now for everyone: a double page a week, a place for the words that refuse to stay, and a graph to colour in. It lies flat, takes fountain pens and survives a bag.

Printed near Lyon on recycled paper. Postage within the European Union is included.

## What you get
- 96 pages, 17 × 24 cm, sewn
- Forty cards of irregular verbs, perforated`,
      fr: `Le carnet que distribuent nos enseignants, désormais pour tous : une double page par semaine, une place pour les mots qui refusent de rester, et un graphique à colorier. Il s’ouvre à plat, accepte le stylo-plume et survit à un sac.

Imprimé près de Lyon sur papier recyclé. Les frais d’envoi dans l’Union européenne sont compris.

## Ce que vous recevez
- 96 pages, 17 × 24 cm, cousues
- Quarante fiches de verbes irréguliers, détachables`,
    },
    priceCents: 1_900,
    vatBasisPoints: books,
    internal: {},
    fields: [
      {
        name: 'recipient',
        type: 'text',
        label: { en: 'Recipient', fr: 'Destinataire' },
        required: true,
        max: 100,
        sameForAll: true,
      },
      {
        name: 'address',
        type: 'textarea',
        label: { en: 'Postal address', fr: 'Adresse postale' },
        required: true,
        max: 300,
        sameForAll: true,
      },
    ],
    maxQuantity: 50,
  },
  {
    code: 'PACK-RGPD-10',
    category: digital,
    title: { en: 'GDPR in practice, pack of 10', fr: 'Le RGPD en pratique, lot de 10' },
    summary: {
      en: 'Ten seats for your team, bought today and given out when you know to whom.',
      fr: 'Dix places pour votre équipe, achetées aujourd’hui, attribuées quand vous saurez à qui.',
    },
    description: {
      en: `You know that ten people need the training, and not yet which ten. Buy the seats now; give them out from your account, one at a time or to a whole list that you paste from a spreadsheet.

## How it works
- A seat lasts six months from the day you give it out
- Somebody leaves before they have started? Take the seat back, or put a colleague in their place
- Once a learner has entered the course, their seat is theirs
- Your account shows who has a seat, and how many are left`,
      fr: `Vous savez que dix personnes ont besoin de la formation, pas encore lesquelles. Achetez les places maintenant ; attribuez-les depuis votre compte, une par une ou à toute une liste collée depuis un tableur.

## Comment ça marche
- Une place dure six mois à compter du jour où vous l’attribuez
- Quelqu’un s’en va avant d’avoir commencé ? Reprenez sa place, ou mettez-y un collègue
- Dès qu’un apprenant est entré dans le cours, sa place lui est acquise
- Votre compte montre qui a une place, et combien il en reste`,
    },
    priceCents: 99_000,
    vatBasisPoints: exempt,
    handler: 'std_generateseats',
    internal: { courses: ['RGPD-*'], seats: 10, durationDays: 180, lockOnceEntered: true },
  },
  {
    code: 'CREDITS-500',
    category: budget,
    title: { en: '€500 of training credits', fr: '500 € de crédits de formation' },
    summary: {
      en: 'Pay €450 now, spend €500 later: one invoice a year, and every training a click away.',
      fr: 'Payez 450 € maintenant, dépensez 500 € ensuite : une facture par an, et chaque formation à un clic.',
    },
    description: {
      en: `For teams that train often and would rather not ask for a purchase order each time. You buy credits once; whoever orders for the team then pays with them, and access opens at once.

## How it works
- The credits are on your account as soon as this order is paid
- Sign in with the same e-mail address, choose a training, and pay with “Training credits”
- Your account shows what is left, and what each order took
- They have no end`,
      fr: `Pour les équipes qui se forment souvent et se passeraient d’un bon de commande à chaque fois. Vous achetez des crédits une fois ; qui commande pour l’équipe règle ensuite avec eux, et l’accès s’ouvre aussitôt.

## Comment ça marche
- Les crédits sont sur votre compte dès le règlement de cette commande
- Connectez-vous avec la même adresse e-mail, choisissez une formation et payez en « Crédits de formation »
- Votre compte montre ce qui reste, et ce que chaque commande a pris
- Ils n’ont pas de fin`,
    },
    priceCents: 45_000,
    vatBasisPoints: exempt,
    handler: 'std_addtrainingcredits',
    internal: { creditsCents: 50_000 },
  },
  {
    code: 'RPS-01',
    category: safety,
    title: { en: 'Preventing psychosocial risks', fr: 'Prévenir les risques psychosociaux' },
    summary: {
      en: 'In preparation: see the signs, name the causes, act on the work itself.',
      fr: 'En préparation : voir les signes, nommer les causes, agir sur le travail lui-même.',
    },
    description: {
      en: 'This training is being written. Its course on the site is still hidden.',
      fr: 'Cette formation est en cours d’écriture. Son cours, sur la plateforme, est encore caché.',
    },
    priceCents: 34_000,
    vatBasisPoints: exempt,
    course: 'BROUILLON-01',
    internal: { durationDays: 180 },
    onSale: false,
  },
]
