<?php

// The shop's payments: answers for itself and calls nobody. One process, one loop over all
// connections, because PHP's built-in server closes a connection after each answer.
//
// PORT, INSTANCE and VERSION come from the environment.

declare(strict_types=1);

const NAME = 'payments';
const LARGEST_HEAD = 65536;
const LARGEST_BODY = 1 << 20;
const TRACE_HEADER = '/^(traceparent|tracestate|b3|x-b3-[a-z]+|x-request-id)$/';

/** A connection: what was read and not yet understood, what was answered and not yet sent. */
final class Connection
{
    public string $in = '';
    public string $out = '';
    public bool $closing = false;

    /** @param resource $socket */
    public function __construct(public readonly mixed $socket)
    {
    }
}

/** @param array<string, mixed> $value */
function answer(Connection $connection, string $status, array $value): void
{
    $body = json_encode($value, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_INVALID_UTF8_SUBSTITUTE) . "\n";
    $connection->out .= "HTTP/1.1 $status\r\ncontent-type: application/json\r\ncontent-length: "
        . strlen($body) . "\r\n" . ($connection->closing ? "connection: close\r\n" : '') . "\r\n" . $body;
}

function refuse(Connection $connection, string $status, string $why): void
{
    $connection->closing = true;
    $connection->in = '';
    answer($connection, $status, ['service' => NAME, 'error' => $why]);
}

/** Answers every whole request that the connection has brought. */
function advance(Connection $connection): void
{
    while (!$connection->closing) {
        $end = strpos($connection->in, "\r\n\r\n");
        if ($end === false || $end > LARGEST_HEAD) {
            if (strlen($connection->in) > LARGEST_HEAD) {
                refuse($connection, '431 Request Header Fields Too Large', 'head above ' . LARGEST_HEAD . ' bytes');
            }
            return;
        }
        $lines = explode("\r\n", substr($connection->in, 0, $end));
        $start = explode(' ', array_shift($lines));
        if (count($start) !== 3 || !str_starts_with($start[2], 'HTTP/1.')) {
            refuse($connection, '400 Bad Request', 'request line not understood');
            return;
        }
        $headers = [];
        foreach ($lines as $line) {
            [$key, $value] = explode(':', $line, 2) + [1 => ''];
            $headers[strtolower($key)] = trim($value);
        }
        if (isset($headers['transfer-encoding'])) {
            refuse($connection, '411 Length Required', 'requests with a chunked body are not taken');
            return;
        }
        $length = $headers['content-length'] ?? '0';
        if (!ctype_digit($length) || (int) $length > LARGEST_BODY) {
            refuse($connection, '413 Content Too Large', 'content-length: ' . substr($length, 0, 40));
            return;
        }
        $whole = $end + 4 + (int) $length;
        if (strlen($connection->in) < $whole) {
            return;
        }
        $connection->in = substr($connection->in, $whole);
        $connection->closing = strtolower($headers['connection'] ?? '') === 'close' || $start[2] === 'HTTP/1.0';
        respond($connection, $start[1], $headers);
    }
}

/** @param array<string, string> $headers */
function respond(Connection $connection, string $path, array $headers): void
{
    if ($path === '/healthz') {
        answer($connection, '200 OK', ['status' => 'ok']);
        return;
    }
    $seen = array_filter($headers, fn (string $key): bool => preg_match(TRACE_HEADER, $key) === 1, ARRAY_FILTER_USE_KEY);
    answer($connection, '200 OK', ['service' => NAME, 'hops' => [[
        'service' => NAME,
        'language' => 'PHP',
        'instance' => getenv('INSTANCE') ?: NAME,
        'version' => getenv('VERSION') ?: 'v1',
        'headers' => (object) $seen,
    ]]]);
}

$port = (int) getenv('PORT');
$context = stream_context_create(['socket' => ['backlog' => 1024, 'tcp_nodelay' => true]]);
$listener = stream_socket_server("tcp://127.0.0.1:$port", $code, $message, STREAM_SERVER_BIND | STREAM_SERVER_LISTEN, $context);
if ($listener === false) {
    fwrite(STDERR, NAME . ": cannot listen on 127.0.0.1:$port: $message\n");
    exit(1);
}
stream_set_blocking($listener, false);
$running = true;
if (function_exists('pcntl_async_signals')) {
    pcntl_async_signals(true);
    foreach ([SIGTERM, SIGINT] as $signal) {
        pcntl_signal($signal, function () use (&$running): void {
            $running = false;
        });
    }
}
echo NAME, ' ', getenv('INSTANCE') ?: NAME, ' ', getenv('VERSION') ?: 'v1', " on 127.0.0.1:$port\n";

/** @var array<int, Connection> $connections */
$connections = [];
while ($running) {
    $readable = [$listener];
    $writable = [];
    foreach ($connections as $connection) {
        if ($connection->out !== '') {
            $writable[] = $connection->socket;
        } else {
            $readable[] = $connection->socket;
        }
    }
    $exceptional = null;
    // A signal interrupts the wait with a warning of no interest: the loop's condition has the answer.
    if (@stream_select($readable, $writable, $exceptional, 1) === false) {
        continue;
    }
    foreach ($readable as $socket) {
        if ($socket === $listener) {
            while (($accepted = @stream_socket_accept($listener, 0)) !== false) {
                stream_set_blocking($accepted, false);
                $connections[(int) $accepted] = new Connection($accepted);
            }
            continue;
        }
        $connection = $connections[(int) $socket];
        $part = @fread($socket, 65536);
        if ($part === false || ($part === '' && feof($socket))) {
            fclose($socket);
            unset($connections[(int) $socket]);
            continue;
        }
        $connection->in .= $part;
        advance($connection);
        if ($connection->out !== '') {
            $writable[] = $socket;
        }
    }
    foreach ($writable as $socket) {
        $connection = $connections[(int) $socket];
        $sent = @fwrite($socket, $connection->out);
        $connection->out = $sent === false ? '' : substr($connection->out, $sent);
        if ($sent === false || ($connection->out === '' && $connection->closing)) {
            fclose($socket);
            unset($connections[(int) $socket]);
        }
    }
}
