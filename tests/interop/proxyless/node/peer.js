// A gRPC application without a proxy, in Node.js. See ../README.md for what it prints.
const grpc = require('@grpc/grpc-js');
const xds = require('@grpc/grpc-js-xds');
const readline = require('readline');

xds.register();
const same = (bytes) => bytes;
const methods = {
  say: { path: '/test.Echo/Say', requestStream: false, responseStream: false,
    requestSerialize: same, requestDeserialize: same, responseSerialize: same, responseDeserialize: same },
};

function serve(address, name) {
  const server = new xds.XdsServer();
  server.addService(methods, {
    say(call, reply) {
      const text = call.request.toString();
      if (text === 'fail:' + name) {
        reply({ code: grpc.status.INTERNAL, details: 'as asked' });
      } else {
        setTimeout(() => reply(null, Buffer.from(name)), text.startsWith('sleep:') ? Number(text.slice(6)) : 0);
      }
    },
  });
  const credentials = new xds.XdsServerCredentials(grpc.ServerCredentials.createInsecure());
  server.bindAsync(address, credentials, (error) => {
    if (error) {
      console.error(error);
      process.exit(1);
    }
  });
}

async function client() {
  const credentials = new xds.XdsChannelCredentials(grpc.credentials.createInsecure());
  const Client = grpc.makeGenericClientConstructor(methods, 'test.Echo');
  const stubs = {};
  const call = (asked) => new Promise((done) => {
    const metadata = new grpc.Metadata();
    Object.entries(asked.headers || {}).forEach(([key, value]) => metadata.set(key, value));
    stubs[asked.target].say(Buffer.from(asked.body), metadata, { deadline: Date.now() + 20_000 }, (error, reply) =>
      done(error ? `${grpc.status[error.code]}: ${error.details}` : reply.toString()));
  });
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const asked = JSON.parse(line);
    stubs[asked.target] ??= new Client(asked.target, credentials);
    let answers = [];
    if (asked.atOnce) {
      const calls = [];
      for (let i = 0; i < asked.count; i++) {
        if (asked.apart) {
          await new Promise((done) => setTimeout(done, asked.apart));
        }
        calls.push(call(asked));
      }
      answers = await Promise.all(calls);
    } else {
      for (let i = 0; i < asked.count; i++) {
        answers.push(await call(asked));
      }
    }
    console.log(JSON.stringify(answers));
  }
  process.exit(0);
}

const [, , role, first, second] = process.argv;
if (role === 'serve') {
  serve(first, second);
} else {
  client();
}
