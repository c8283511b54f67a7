/** The form that asks for the token. It is a page of its own: without the token, nothing else is shown. */
export function signInPage(wasWrong: boolean): string {
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>GenPool</title>
    <link rel="icon" href="data:," />
  </head>
  <body>
    <main>
      <h1>GenPool</h1>
      <form method="post" action="sign-in">
        <label>Token of this dashboard <input name="token" type="password" autocomplete="current-password" autofocus /></label>
        <button>Show the pools</button>
        ${wasWrong ? '<p role="alert">This is not the token.</p>' : ''}
      </form>
    </main>
  </body>
</html>
`
}
