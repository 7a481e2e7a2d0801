const en = {
  title: 'Operators',
  lead: 'Who may work in this office.',
  name: 'Operator',
  role: 'Role',
  you: 'you',
  disabled: 'Disabled',
  change: 'Change',
  changeRole: (name: string) => `Change the role of ${name}`,
  roleOf: (name: string) => `Role of ${name}`,
  disable: 'Disable',
  disableWho: (name: string) => `Disable ${name}`,
  disableHelp: 'Their sessions end and their tokens stop working. What they did stays in the history.',
  enable: 'Let in again',
  enableWho: (name: string) => `Let ${name} in again`,
  add: 'Add an operator',
  addNow: 'Add',
  made: (email: string) => `${email} is added`,
  madeText:
    'Give them this password yourself; it is shown this once. They can change it on their account page.',
}

const fr: typeof en = {
  title: 'Opérateurs',
  lead: 'Qui peut travailler ici.',
  name: 'Opérateur',
  role: 'Rôle',
  you: 'vous',
  disabled: 'Désactivé',
  change: 'Changer',
  changeRole: (name) => `Changer le rôle de ${name}`,
  roleOf: (name) => `Rôle de ${name}`,
  disable: 'Désactiver',
  disableWho: (name) => `Désactiver ${name}`,
  disableHelp:
    'Ses sessions prennent fin et ses jetons ne fonctionnent plus. Ce qui a été fait reste dans l’historique.',
  enable: 'Réactiver',
  enableWho: (name) => `Réactiver ${name}`,
  add: 'Ajouter un opérateur',
  addNow: 'Ajouter',
  made: (email) => `Compte créé pour ${email}`,
  madeText:
    'Transmettez vous-même ce mot de passe, montré cette seule fois. Il se change sur la page du compte.',
}

/** The words of the page of operators. */
export const operatorsTexts = { en, fr }
