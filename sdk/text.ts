/** A text in the two languages of the shop. */
export type Text = { en: string; fr: string }

/** What a script says to its three audiences: the tracking page, a mail to the customer, the operator's journal. */
export type Feedback = { shown?: Text; mailed?: Text; kept?: string }
