import { z } from 'zod'

const name = z.string().min(1).max(100)

/** The external parameters that name a learner: spread them into a handler's `external`. "It is for me" fills them. */
export const learnerFields = {
  email: z
    .email()
    .max(100)
    .meta({
      label: { en: 'Learner’s e-mail', fr: 'Adresse e-mail de l’apprenant' },
      forMe: 'email',
      autocomplete: 'off',
    }),
  firstname: name.meta({
    label: { en: 'First name', fr: 'Prénom' },
    forMe: 'firstname',
    autocomplete: 'off',
  }),
  lastname: name.meta({ label: { en: 'Last name', fr: 'Nom' }, forMe: 'lastname', autocomplete: 'off' }),
}
