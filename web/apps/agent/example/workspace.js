// A page of somebody else with parts of the agent desktop in it: it signs its people on in its own way, and hears what happens.
import { AgentSession, embed, fetchTicket } from './everdial-widgets.js';

const origins = [window.location.origin]; // and your other servers'
const form = document.querySelector('form');

function tell(text) {
  const item = document.createElement('li');
  item.textContent = text;
  document.querySelector('#told').append(item);
}

form.addEventListener('submit', async (event) => {
  event.preventDefault();
  const { phone, ...account } = Object.fromEntries(new FormData(form));
  const session = new AgentSession({ ticket: () => fetchTicket(origins, account), beginAgain: true });
  session.on('disconnected', ({ server }) => tell(`${server} is lost: calls go on, another server is tried`));
  session.on('resumed', ({ server, gapMs }) => tell(`${server} goes on, after ${gapMs} ms`));
  session.on('began_again', ({ server }) => tell(`begun anew at ${server}`));
  session.on('call_offered', ({ phone: contact }) => tell(`contact ${contact}`));
  session.on('ended', ({ reason }) => tell(`the session has ended: ${reason}`));
  try {
    await session.start();
    await session.command('log_on', { phone });
  } catch (error) {
    session.close();
    return tell(error.message);
  }
  form.hidden = true;
  const workspace = embed(session);
  for (const place of document.querySelectorAll('[data-widget]')) workspace.mount(place.dataset.widget, place);
});
