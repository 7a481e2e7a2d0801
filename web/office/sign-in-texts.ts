import { plural } from '../ui/locale.ts'

const en = {
  title: 'Sign in to the office',
  email: 'E-mail',
  password: 'Password',
  enter: 'Sign in',
  wrong: 'No operator has this e-mail and this password.',
  tooMany: (minutes: number) =>
    `There were too many attempts. Please wait ${minutes} ${plural('en', minutes, { one: 'minute', other: 'minutes' })}.`,
}

const fr: typeof en = {
  title: 'Connexion à la gestion',
  email: 'Adresse e-mail',
  password: 'Mot de passe',
  enter: 'Se connecter',
  wrong: 'Aucun opérateur n’a cette adresse et ce mot de passe.',
  tooMany: (minutes) =>
    `Il y a eu trop d’essais. Merci d’attendre ${minutes} ${plural('fr', minutes, { one: 'minute', other: 'minutes' })}.`,
}

/** The words of the office's sign-in page. */
export const signInTexts = { en, fr }
