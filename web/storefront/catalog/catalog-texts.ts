const en = {
  title: 'Our courses',
  back: 'All courses',
  headline: 'Train one person, or the whole team',
  lead: 'Choose a course, say who it is for, pay as you like. Everyone finds the door open, and you see it happen.',
  promises: ['Access opens by itself', 'Each learner named by you', 'People to talk to when you need them'],
  categories: 'Categories',
  all: 'All',
  empty: 'Nothing is on sale here at the moment.',
  seeAll: 'See all courses',
}

const fr: typeof en = {
  title: 'Nos formations',
  back: 'Toutes les formations',
  headline: 'Former une personne, ou toute l’équipe',
  lead: 'Choisissez une formation, dites pour qui, payez comme il vous convient. Chacun trouve la porte ouverte, et vous le voyez.',
  promises: ['L’accès s’ouvre tout seul', 'Vous nommez chaque apprenant', 'Quelqu’un à qui parler au besoin'],
  categories: 'Catégories',
  all: 'Toutes',
  empty: 'Rien n’est en vente ici pour le moment.',
  seeAll: 'Voir toutes les formations',
}

/** The words of the catalog. */
export const catalogTexts = { en, fr }
