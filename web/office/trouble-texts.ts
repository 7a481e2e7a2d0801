const en = {
  home: 'Back to the home page',
  notFound: { title: 'Not found', text: 'There is nothing at this address, or not any more.' },
  role: { title: 'Not allowed', text: 'Your role doesn’t allow this. An administrator can change it.' },
  form: {
    title: 'Please send it again',
    text: 'This form was open for too long, or isn’t from this shop. Go back, reload the page and send it again.',
  },
  tooLarge: { title: 'Too much at once', text: 'The shop takes one megabyte at once.' },
  noText: {
    title: 'This file is no text',
    text: 'Save it as CSV in your spreadsheet, or go back and copy its cells into the form.',
  },
  refused: {
    title: 'This was not understood',
    text: 'Nothing was changed. Go back, reload the page and send the form again.',
  },
  failed: {
    title: 'Something went wrong',
    text: 'It is our fault and it is in the log. What you did may not be saved: please look before you try again.',
  },
}

const fr: typeof en = {
  home: 'Revenir à l’accueil',
  notFound: { title: 'Introuvable', text: 'Il n’y a rien à cette adresse, ou plus rien.' },
  role: {
    title: 'Non autorisé',
    text: 'Votre rôle ne le permet pas. Un administrateur peut le changer.',
  },
  form: {
    title: 'Merci de renvoyer le formulaire',
    text: 'Ce formulaire est resté ouvert trop longtemps, ou ne vient pas de cette boutique. Revenez en arrière, rechargez la page et renvoyez-le.',
  },
  tooLarge: { title: 'Trop à la fois', text: 'La boutique accepte un mégaoctet à la fois.' },
  noText: {
    title: 'Ce fichier n’est pas du texte',
    text: 'Enregistrez-le en CSV dans votre tableur, ou revenez en arrière et copiez ses cellules dans le formulaire.',
  },
  refused: {
    title: 'Cela n’a pas été compris',
    text: 'Rien n’a été changé. Revenez en arrière, rechargez la page et renvoyez le formulaire.',
  },
  failed: {
    title: 'Une erreur est survenue',
    text: 'C’est de notre fait et c’est au journal. Votre action n’est peut-être pas enregistrée : vérifiez avant de recommencer.',
  },
}

/** What the office's pages of trouble say. */
export const troubleTexts = { en, fr }
