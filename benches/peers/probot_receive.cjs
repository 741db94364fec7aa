// A probot server with an App that does nothing: it checks signatures and answers. `probot_receive.cjs KEY SECRET PORT`: a file
// with an RSA key, the webhooks' secret, and where to listen on 127.0.0.1. It says `ready` on stdout.

const fs = require("fs");
const { Probot, Server } = require("probot");

const [key, secret, port] = process.argv.slice(2);
process.env.NODE_ENV = "production";
const logLevel = "fatal";
const server = new Server({
    Probot: Probot.defaults({ appId: 1, privateKey: fs.readFileSync(key, "utf8"), secret, logLevel }),
    port: Number(port),
    host: "127.0.0.1",
    webhookPath: "/webhooks/github",
    logLevel,
});
server.load((app) => { app.on("push", () => {}); }).then(() => server.start()).then(() => console.log("ready"));
