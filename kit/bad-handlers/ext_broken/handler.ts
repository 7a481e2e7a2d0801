export default { title: 'no text' }
