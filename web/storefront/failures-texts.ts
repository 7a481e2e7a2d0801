const en = {
  notFound: 'This page is not here',
  notFoundHelp: 'The address may be incomplete, or what it showed is no longer for sale.',
  toCatalog: 'See our courses',
  refused: 'This could not be done',
  failed: 'Something went wrong on our side',
  failedHelp:
    'It has been noted, and nothing of what you typed in your cart is lost. Please try again in a moment.',
  toCart: 'Back to the cart',
  reasons: {
    400: 'The form arrived damaged. Go back, reload the page, and send it again.',
    403: 'This page was open for too long, or the form did not come from this shop. Go back, reload the page, and send it again.',
    413: 'This is more than the shop takes at once.',
    415: 'This file is no text. Save it as CSV in your spreadsheet, or go back and copy its cells into the form.',
  } as Record<number, string>, // looked up by any status
}

const fr: typeof en = {
  notFound: 'Cette page n’est pas ici',
  notFoundHelp: 'L’adresse est peut-être incomplète, ou ce qu’elle montrait n’est plus en vente.',
  toCatalog: 'Voir nos formations',
  refused: 'Cela n’a pas pu être fait',
  failed: 'Quelque chose s’est mal passé de notre côté',
  failedHelp:
    'C’est noté, et rien de ce que vous avez saisi dans votre panier n’est perdu. Merci de réessayer dans un instant.',
  toCart: 'Revenir au panier',
  reasons: {
    400: 'Le formulaire est arrivé abîmé. Revenez en arrière, rechargez la page et renvoyez-le.',
    403: 'Cette page est restée ouverte trop longtemps, ou le formulaire ne venait pas de cette boutique. Revenez en arrière, rechargez la page et renvoyez-la.',
    413: 'C’est plus que ce que la boutique accepte en une fois.',
    415: 'Ce fichier n’est pas du texte. Enregistrez-le en CSV dans votre tableur, ou revenez en arrière et copiez ses cellules dans le formulaire.',
  },
}

/** What the pages of failures say. */
export const failuresTexts = { en, fr }
