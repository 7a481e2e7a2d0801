import type { ShopSettings } from '../../../shop/shop.ts'

/**
 * Short legal pages that fit any training organisation; written as `Prose`. They carry the shop's name and its address
 * for mail; whatever else the law of its country asks, its operator adds.
 */
export function legalTexts({ name, paymentDays }: Pick<ShopSettings, 'name' | 'paymentDays'>, email: string) {
  return {
    en: {
      terms: {
        title: 'Terms of sale',
        text: `These terms apply to every order placed in this shop with ${name} (“we”).

## Orders
You choose, you tell us who each unit is for, and you accept these terms; your order is then placed. We check every unit before you pay. When one can’t be accepted, the order is refused as a whole and you owe nothing. Prices are in the currency shown and include VAT where it applies. The price that counts is the one that you saw when you placed the order.

## Payment
An immediate means of payment is confirmed within seconds. By transfer, quote the reference of your order; an order that is not paid within ${paymentDays} days expires, and what was held for you is released. Nothing is delivered before the full amount has been received, unless we agreed otherwise with you.

## Delivery
Access to a course opens by itself once the order is paid, as a rule within seconds, on the learning site that the order’s page links to. When a technical problem delays it, we keep trying, we tell you, and you have nothing to do. If we can’t deliver a unit, you are refunded for it.

## Withdrawal
Consumers may withdraw within fourteen days of the order, without giving a reason, by writing to ${email}. When you ask for access to open at once and the course has been followed to its end within that time, this right ends with it. Before you have paid, you can cancel from the page of your order.

## Learners
Access is personal. It is given to the learner whom you named, for the period shown with the product. Please name people with their agreement and with an address that is theirs.

## When we disagree
Write to us first: ${email}. Consumers may also turn to a mediator free of charge. The law of the country where we are established applies, without taking from you the protection of your own.`,
      },
      privacy: {
        title: 'Privacy',
        text: `We ask for what an order needs and for nothing else. ${name} is responsible for these data; write to ${email} about them at any time.

## What we keep
- Of the buyer: name, e-mail and, if you give them, company, address and VAT number
- Of each learner: the answers to the form of their unit, as a rule name and e-mail
- Of the order: what was bought, its payments, and what became of each unit

We never see nor keep the number of a card, nor the password of a learner: the learning site gives that to the learner directly.

## Why, and for how long
To deliver and to account for what was sold. Orders are kept for as long as the law on accounts asks, ten years in France. A cart that is not ordered is deleted after sixty days without a visit.

## Who else sees them
The learning site, for which the access is opened; the provider of the means of payment that you choose; the people who run this shop for us. We sell nothing to anybody.

## Cookies
Four, all of our own, none for advertising or statistics: your cart, your language, the protection of forms, and the session of our staff.

## Your rights
You may see, correct, take with you or have deleted what concerns you, and object to its use: ${email}. You may also complain to your data protection authority (in France, the CNIL).`,
      },
      notice: {
        title: 'Legal notice',
        text: `This shop is published by ${name}.

## Contact
- E-mail: ${email}

## About this site
Texts and pictures belong to ${name} or to their authors and may not be reproduced without agreement. The shop runs on Boutique, free software under the MIT licence.`,
      },
    },
    fr: {
      terms: {
        title: 'Conditions de vente',
        text: `Ces conditions s’appliquent à toute commande passée dans cette boutique auprès de ${name} (« nous »).

## Commandes
Vous choisissez, vous nous dites pour qui est chaque unité, vous acceptez ces conditions : la commande est passée. Nous vérifions chaque unité avant que vous ne payiez. Si l’une ne peut être acceptée, la commande entière est refusée et vous ne devez rien. Les prix sont dans la devise affichée et comprennent la TVA lorsqu’elle s’applique. Le prix qui compte est celui que vous avez vu en passant la commande.

## Paiement
Un mode de paiement immédiat est confirmé en quelques secondes. Par virement, indiquez la référence de votre commande ; une commande qui n’est pas payée sous ${paymentDays} jours expire, et ce qui était retenu pour vous est libéré. Rien n’est livré avant réception du montant entier, sauf accord avec vous.

## Livraison
L’accès à un cours s’ouvre tout seul dès que la commande est payée, en général en quelques secondes, sur la plateforme vers laquelle mène la page de la commande. Si un problème technique le retarde, nous continuons d’essayer, nous vous le disons, et vous n’avez rien à faire. Si nous ne pouvons livrer une unité, elle vous est remboursée.

## Rétractation
Les consommateurs peuvent se rétracter sous quatorze jours après la commande, sans motif, en écrivant à ${email}. Lorsque vous demandez l’ouverture immédiate de l’accès et que la formation a été suivie jusqu’à son terme dans ce délai, ce droit prend fin avec elle. Tant que vous n’avez pas payé, vous pouvez annuler depuis la page de votre commande.

## Apprenants
L’accès est personnel. Il est donné à l’apprenant que vous avez nommé, pour la période indiquée avec le produit. Merci de nommer les personnes avec leur accord, et avec une adresse qui soit la leur.

## En cas de désaccord
Écrivez-nous d’abord : ${email}. Les consommateurs peuvent aussi saisir gratuitement un médiateur. Le droit du pays où nous sommes établis s’applique, sans vous priver de la protection du vôtre.`,
      },
      privacy: {
        title: 'Vie privée',
        text: `Nous demandons ce dont une commande a besoin, et rien d’autre. ${name} est responsable de ces données ; écrivez à ${email} à leur sujet à tout moment.

## Ce que nous gardons
- De l’acheteur : nom, adresse e-mail et, si vous les donnez, société, adresse et numéro de TVA
- De chaque apprenant : les réponses au formulaire de son unité, en général nom et adresse e-mail
- De la commande : ce qui a été acheté, ses paiements, et ce qu’est devenue chaque unité

Nous ne voyons ni ne gardons jamais le numéro d’une carte, ni le mot de passe d’un apprenant : la plateforme le remet directement à l’apprenant.

## Pourquoi, et combien de temps
Pour livrer et pour rendre compte de ce qui est vendu. Les commandes sont gardées aussi longtemps que le demande le droit comptable, dix ans en France. Un panier qui n’est pas commandé est supprimé après soixante jours sans visite.

## Qui d’autre les voit
La plateforme de formation, pour laquelle l’accès est ouvert ; le prestataire du mode de paiement que vous choisissez ; les personnes qui tiennent cette boutique pour nous. Nous ne vendons rien à personne.

## Cookies
Quatre, tous à nous, aucun pour la publicité ou la mesure d’audience : votre panier, votre langue, la protection des formulaires, et la session de notre équipe.

## Vos droits
Vous pouvez consulter, corriger, emporter ou faire supprimer ce qui vous concerne, et vous opposer à son usage : ${email}. Vous pouvez aussi saisir votre autorité de protection des données (en France, la CNIL).`,
      },
      notice: {
        title: 'Mentions légales',
        text: `Cette boutique est éditée par ${name}.

## Contact
- Adresse e-mail : ${email}

## À propos de ce site
Les textes et les images appartiennent à ${name} ou à leurs auteurs et ne peuvent être reproduits sans accord. La boutique fonctionne avec Boutique, un logiciel libre sous licence MIT.`,
      },
    },
  }
}
