"""Empty pages of another origin, and what such a page can try in a browser to write to a server and to read from it."""

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

PAGE = b"<!doctype html><title>Another page</title><link rel=icon href=data:,>"


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(PAGE)))
        self.end_headers()
        self.wfile.write(PAGE)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - that is its name
        """Say nothing."""


class ForeignPages:
    """Serves the page on a port of its own, by whatever name it is asked."""

    def __init__(self) -> None:
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05})

    def __enter__(self) -> Self:
        self.thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


WAYS = 8
"""How many requests `POST_IT` makes for an address."""
POST_IT = """
async ({urls, text}) => {
    const frame = attributes => {
        const made = Object.assign(document.createElement('iframe'), attributes)
        document.body.append(made)
        return made
    }
    const form = (url, enctype, target) => {
        const made = Object.assign(document.createElement('form'), {method: 'POST', action: url, enctype, target})
        made.append(Object.assign(document.createElement('input'), {name: text, value: ''}))
        document.body.append(made)
        return made
    }
    for (const [number, url] of urls.entries()) {
        for (const enctype of ['application/x-www-form-urlencoded', 'text/plain', 'multipart/form-data']) {
            const name = `${enctype}-${number}`
            frame({name})
            form(url, enctype, name).submit()
        }
        frame({
            sandbox: 'allow-forms allow-scripts',
            srcdoc: `<form method=post action="${url}"></form><script>document.forms[0].submit()</script>`,
        })
        await fetch(url, {method: 'POST', mode: 'no-cors', credentials: 'include', body: text}).catch(() => {})
        await fetch(url, {method: 'POST', body: text}).then(
            () => { throw Error(`${url} could be read`) }, () => {}
        )
        if (!navigator.sendBeacon(url, new Blob([text], {type: 'text/plain'}))) throw Error(`no beacon to ${url}`)
        const link = Object.assign(document.createElement('a'), {href: '#' + number, ping: url})
        document.body.append(link)
        link.click()
    }
}
"""
ASK_FOR_IT = """
async ({writes}) => {
    const done = []
    const attempt = async (name, send) => done.push(await send().then(() => name, () => null))
    for (const {method, url, text} of writes) {
        const json = {'Content-Type': 'application/json'}
        await attempt(`${method} ${url}`, () => fetch(url, {method, headers: json, body: text}))
        await attempt(`${method} ${url} with cookies`, () => fetch(url, {method, credentials: 'include'}))
        if (method !== 'POST') await attempt(`${method} ${url} unasked`, () => fetch(url, {method, mode: 'no-cors'}))
        await attempt(`beacon ${url}`, async () => {
            if (!navigator.sendBeacon(url, new Blob([text], {type: 'application/json'}))) throw Error()
            throw Error()  // it has gone on its way, and there is no answer to be had
        })
    }
    return done.filter(name => name !== null)
}
"""
TRIES = 6
"""How many requests `READ_IT` makes for an address."""
READ_IT = """
async ({urls}) => {
    const read = []
    const loads = (tag, attributes) => new Promise(settle => {
        const made = document.createElement(tag)
        made.onload = () => settle(true)
        made.onerror = () => settle(false)
        document.body.append(Object.assign(made, attributes))
    })
    for (const url of urls) {
        await fetch(url, {credentials: 'include'}).then(() => read.push(url), () => {})
        const opaque = await fetch(url, {mode: 'no-cors'}).catch(() => null)
        if (opaque !== null && (opaque.type !== 'opaque' || (await opaque.text()) !== '')) read.push(`${url} unasked`)
        if (await loads('img', {src: url})) read.push(`${url} as an image`)
        if (await loads('script', {src: url})) read.push(`${url} as a script`)
        const name = `link-${read.length}-${url}`
        const frame = Object.assign(document.createElement('iframe'), {name})
        document.body.append(frame)
        const followed = new Promise(settle => { frame.onload = settle })
        Object.assign(document.createElement('a'), {href: url, target: name}).click()
        await followed
        try { if (frame.contentDocument !== null) read.push(`${url} in a frame`) } catch {}
        await new Promise(settle => {
            const socket = new WebSocket(url.replace('http', 'ws'))
            socket.onopen = () => { read.push(`${url} as a socket`); settle() }
            socket.onerror = settle
        })
    }
    return read
}
"""
WRITE_IT = """
async ({method, url, text}) => {
    const sent = text === 'null' ? {} : {headers: {'Content-Type': 'application/json'}, body: text}
    return (await fetch(url, {method, ...sent})).status
}
"""
