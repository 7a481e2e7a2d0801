import { plural } from '../../ui/locale.ts'

const unitsEn = (n: number) => `${n} ${plural('en', n, { one: 'unit', other: 'units' })}`
const unitsFr = (n: number) => `${n} ${plural('fr', n, { one: 'unité', other: 'unités' })}`

const en = {
  title: (number: string) => `Order ${number}`,
  keep: 'Keep the address of this page: it is the key to your order.',
  mailed: 'You have it by mail, too.',
  units: unitsEn,
  unit: (position: number) => `Unit ${position}`,
  notCancelled: 'This order can’t be cancelled here any more. Write to us and we will see together.',
  moneyBack: (amount: string) => `The ${amount} that you paid will be returned to you.`,
  readyOf: (ready: number, of: number) => `${ready} of ${of} ready`,
  placed: {
    title: 'Your order is placed',
    text: 'Everything is held for you. It starts as soon as we have received your payment.',
  },
  situations: {
    preparing: {
      title: 'We are preparing your order',
      text: 'We make sure of every unit before you pay. This page moves on by itself.',
    },
    preparing_longer: {
      title: 'Preparing your order takes a little longer',
      text: 'There is nothing to pay yet and nothing to do: we are looking at it, and get in touch if we need you.',
    },
    to_pay: {
      title: 'Your order is ready to be paid',
      text: 'Everything is held for you. Access opens as soon as your payment is confirmed.',
    },
    confirming: {
      title: 'Waiting for the confirmation of your payment',
      text: 'Your payment’s provider tells us when it is done: a matter of seconds, as a rule. You may close this page, we write to you.',
    },
    declined: {
      title: 'The payment was declined',
      text: 'Nothing was taken. Your order is still held for you: try again when you like.',
    },
    part_paid: {
      title: 'A part of the payment is missing',
      text: 'Thank you for what we have received. Access opens once the rest is there.',
    },
    trusted: {
      title: 'We have started already',
      text: 'We deliver on trust: your order is being produced, and its payment may follow.',
    },
    producing: {
      title: 'Paid, thank you. We are opening everything now',
      text: 'This takes a few seconds as a rule. You may stay and watch, or close this page.',
    },
    longer: {
      title: 'Paid, thank you. It takes a little longer than usual',
      text: 'Your payment is safe. We try again by ourselves until everything is there: you have nothing to do.',
    },
    on_it: {
      title: 'You have paid; we are on it',
      text: 'One part of your order needs a hand. One of us has it on the desk: you have nothing to do, and we write to you.',
    },
    completed: { title: 'All set', text: 'Everything that you ordered is ready. Enjoy!' },
    completed_partly: {
      title: 'Your order is closed',
      text: 'What could be delivered is below. Whatever was taken back is returned to you.',
    },
    refused: {
      title: 'We could not accept this order',
      text: 'You have nothing to pay. Your order is closed; you are welcome to place another one.',
    },
    cancelled: { title: 'This order is cancelled', text: 'There is nothing more to do.' },
    expired: {
      title: 'This order has expired',
      text: 'Its payment did not reach us in time. You are welcome to place it again.',
    },
    refunded: { title: 'This order was refunded', text: 'Everything that it gave was taken back.' },
  },
  payment: {
    title: 'Payment',
    change: 'Changed your mind?',
    amount: 'Amount',
    before: 'To be paid before',
    transferHelp:
      'Please write the reference on your transfer: it tells us which order it is for. Banks take one to three days.',
    missing: (paid: string, due: string) => `We have received ${paid}; ${due} is still missing.`,
    payNow: (amount: string) => `Pay ${amount} now`,
    payAgain: 'I have not paid: try again',
    cancel: 'Cancel this order',
    cancelHelp: 'What is held for you is then given back, and this can’t be undone.',
    cancelYes: 'Yes, cancel the order',
  },
  facts: {
    title: 'Your order',
    placed: 'Placed',
    by: 'Customer',
    company: 'Company',
    email: 'E-mail',
    means: 'Payment',
    paid: 'Paid',
  },
  unitStates: {
    ordered: 'Ordered',
    preparing: 'Being prepared',
    prepared: 'Held for you',
    producing: 'On its way',
    produced: 'Ready',
    retrying: 'On its way',
    needs_operator: 'We are on it',
    refused: 'Not possible',
    skipped: 'Settled by our team',
    cancelled: 'Cancelled',
    released: 'Given back',
    revoked: 'Taken back',
  },
  unitHelp: {
    needs_operator: 'Paid and safe. One of us is looking at it; you have nothing to do.',
    retrying: 'This takes longer than usual. We try again by ourselves until it is there.',
    unpaid: 'This takes longer than usual. You have nothing to pay and nothing to do meanwhile.',
  },
  product: {
    open: 'Go to the course',
    manage: 'Manage',
    manageOf: (reference: string) => `Manage ${reference}`,
    from: (start: string) => `From ${start}, without an end`,
    period: (start: string, end: string) => `From ${start} to ${end}`,
  },
}

const fr: typeof en = {
  title: (number) => `Commande ${number}`,
  keep: 'Gardez l’adresse de cette page : c’est la clé de votre commande.',
  mailed: 'Vous l’avez aussi par courriel.',
  units: unitsFr,
  unit: (position) => `Unité ${position}`,
  notCancelled: 'Cette commande ne peut plus être annulée ici. Écrivez-nous, nous verrons ensemble.',
  moneyBack: (amount) => `Les ${amount} que vous avez payés vous seront rendus.`,
  readyOf: (ready, of) => `${ready} sur ${of} prêtes`,
  placed: {
    title: 'Votre commande est passée',
    text: 'Tout est retenu pour vous. Nous commençons dès que nous avons reçu votre paiement.',
  },
  situations: {
    preparing: {
      title: 'Nous préparons votre commande',
      text: 'Nous vérifions chaque unité avant que vous ne payiez. Cette page avance toute seule.',
    },
    preparing_longer: {
      title: 'La préparation prend un peu plus de temps',
      text: 'Rien à payer pour l’instant, et rien à faire : nous regardons, et vous contactons s’il le faut.',
    },
    to_pay: {
      title: 'Votre commande n’attend que son paiement',
      text: 'Tout est retenu pour vous. L’accès s’ouvre dès que votre paiement est confirmé.',
    },
    confirming: {
      title: 'Nous attendons la confirmation de votre paiement',
      text: 'Votre prestataire de paiement nous prévient quand c’est fait : quelques secondes, en général. Vous pouvez fermer cette page, nous vous écrirons.',
    },
    declined: {
      title: 'Le paiement a été refusé',
      text: 'Rien n’a été prélevé. Votre commande reste retenue pour vous : réessayez quand vous voulez.',
    },
    part_paid: {
      title: 'Il manque une partie du paiement',
      text: 'Merci pour ce que nous avons reçu. L’accès s’ouvrira dès que le reste sera là.',
    },
    trusted: {
      title: 'Nous avons déjà commencé',
      text: 'Nous vous faisons confiance : votre commande est en production, son paiement peut suivre.',
    },
    producing: {
      title: 'C’est payé, merci. Nous ouvrons tout maintenant',
      text: 'C’est l’affaire de quelques secondes, en général. Restez pour voir, ou fermez cette page.',
    },
    longer: {
      title: 'C’est payé, merci. Cela prend un peu plus de temps que d’habitude',
      text: 'Votre paiement est bien enregistré. Nous réessayons de nous-mêmes jusqu’à ce que tout y soit : vous n’avez rien à faire.',
    },
    on_it: {
      title: 'C’est payé ; nous nous en occupons',
      text: 'Une partie de votre commande demande un coup de main. L’un de nous l’a sur son bureau : vous n’avez rien à faire, nous vous écrirons.',
    },
    completed: { title: 'Tout est prêt', text: 'Tout ce que vous avez commandé est là. Bonne formation !' },
    completed_partly: {
      title: 'Votre commande est close',
      text: 'Ce qui a pu être livré est ci-dessous. Ce qui a été repris vous est rendu.',
    },
    refused: {
      title: 'Nous n’avons pas pu accepter cette commande',
      text: 'Vous n’avez rien à payer. La commande est close ; vous pouvez en passer une autre.',
    },
    cancelled: { title: 'Cette commande est annulée', text: 'Il n’y a plus rien à faire.' },
    expired: {
      title: 'Cette commande a expiré',
      text: 'Son paiement ne nous est pas parvenu à temps. Vous pouvez la passer à nouveau.',
    },
    refunded: { title: 'Cette commande a été remboursée', text: 'Tout ce qu’elle donnait a été repris.' },
  },
  payment: {
    title: 'Paiement',
    change: 'Vous avez changé d’avis ?',
    amount: 'Montant',
    before: 'À payer avant le',
    transferHelp:
      'Merci d’indiquer la référence sur votre virement : elle nous dit de quelle commande il s’agit. Une banque met un à trois jours.',
    missing: (paid, due) => `Nous avons reçu ${paid} ; il manque encore ${due}.`,
    payNow: (amount) => `Payer ${amount} maintenant`,
    payAgain: 'Je n’ai pas payé : réessayer',
    cancel: 'Annuler cette commande',
    cancelHelp: 'Ce qui est retenu pour vous sera alors rendu ; c’est sans retour.',
    cancelYes: 'Oui, annuler la commande',
  },
  facts: {
    title: 'Votre commande',
    placed: 'Passée le',
    by: 'Client',
    company: 'Société',
    email: 'E-mail',
    means: 'Paiement',
    paid: 'Payé',
  },
  unitStates: {
    ordered: 'Commandée',
    preparing: 'En préparation',
    prepared: 'Retenue pour vous',
    producing: 'En route',
    produced: 'Prête',
    retrying: 'En route',
    needs_operator: 'Nous nous en occupons',
    refused: 'Impossible',
    skipped: 'Réglée par notre équipe',
    cancelled: 'Annulée',
    released: 'Rendue',
    revoked: 'Reprise',
  },
  unitHelp: {
    needs_operator: 'C’est payé et enregistré. L’un de nous s’en occupe ; vous n’avez rien à faire.',
    retrying:
      'Cela prend plus de temps que d’habitude. Nous réessayons de nous-mêmes jusqu’à ce que ce soit fait.',
    unpaid: 'Cela prend plus de temps que d’habitude. Rien à payer ni à faire en attendant.',
  },
  product: {
    open: 'Aller au cours',
    manage: 'Gérer',
    manageOf: (reference) => `Gérer ${reference}`,
    from: (start) => `À partir du ${start}, sans fin`,
    period: (start, end) => `Du ${start} au ${end}`,
  },
}

/** The words of an order's page. */
export const orderTexts = { en, fr }
