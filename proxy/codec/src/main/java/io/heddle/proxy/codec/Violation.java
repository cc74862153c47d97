package io.heddle.proxy.codec;

/**
 * A rule that a peer broke. A request gets {@link #status()} and a response becomes 502; the
 * connection closes in both cases. {@code ADR 3} is {@code docs/adr/0003-strict-framing.md}, where
 * we are stricter than the RFC asks or choose what it leaves open.
 */
public enum Violation {
  /** A line ends in LF without CR before it. */
  BARE_LF(400, "bare_lf", "ADR 3 (RFC 9112, 2.2)"),
  /** A CR that no LF follows. */
  BARE_CR(400, "bare_cr", "RFC 9112, 2.2"),
  /** More than one empty line before the request line. */
  EMPTY_LINES(400, "empty_lines", "ADR 3 (RFC 9112, 2.2)"),
  /** No method, target and version. */
  REQUEST_LINE(400, "malformed_request_line", "RFC 9112, 3"),
  /** Whitespace other than the two single spaces. */
  REQUEST_LINE_WHITESPACE(400, "whitespace_in_request_line", "RFC 9112, 3"),
  /** The request line is longer than its limit. */
  REQUEST_LINE_TOO_LONG(414, "request_line_too_long", "RFC 9112, 3"),
  /** The method is not a token. */
  METHOD(400, "invalid_method", "RFC 9112, 3.1"),
  /** The target has none of the four forms. */
  TARGET(400, "invalid_target", "RFC 9112, 3.2"),
  /** A control character, a space or DEL in the target. */
  TARGET_CONTROL(400, "control_in_target", "RFC 9112, 3.2"),
  /** A byte beyond ASCII in the target. */
  TARGET_NON_ASCII(400, "non_ascii_in_target", "RFC 9112, 3.2"),
  /** The target has a fragment. */
  TARGET_FRAGMENT(400, "fragment_in_target", "RFC 9112, 3.2"),
  /** A scheme other than http and https. */
  TARGET_SCHEME(400, "invalid_scheme", "RFC 9112, 3.2.2"),
  /** User information in an authority. */
  USERINFO(400, "userinfo_in_authority", "RFC 9110, 4.2.4"),
  /** {@code *} with a method other than OPTIONS. */
  ASTERISK(400, "asterisk_form_not_options", "RFC 9112, 3.2.4"),
  /** CONNECT without a host and port as its target. */
  CONNECT_TARGET(400, "connect_target", "RFC 9112, 3.2.3"),
  /** No version: HTTP/0.9. */
  VERSION_MISSING(400, "version_missing", "ADR 3 (RFC 9112, 3)"),
  /** The version is not {@code HTTP/d.d}. */
  VERSION_MALFORMED(400, "malformed_version", "RFC 9112, 2.3"),
  /** A version other than 1.0 and 1.1. */
  VERSION_UNSUPPORTED(505, "unsupported_version", "RFC 9110, 15.6.6"),
  /** HTTP/1.1 without Host. */
  HOST_MISSING(400, "missing_host", "RFC 9112, 3.2"),
  /** More than one Host. */
  HOST_REPEATED(400, "repeated_host", "RFC 9112, 3.2"),
  /** Host, or the target's authority, is not a host with an optional port. */
  HOST_INVALID(400, "invalid_host", "RFC 9112, 3.2"),
  /** Host and the target name different authorities. */
  HOST_MISMATCH(400, "host_mismatch", "ADR 3 (RFC 9112, 3.2.2)"),
  /** Whitespace between the first line and the first field. */
  SPACE_BEFORE_FIRST_FIELD(400, "space_before_first_field", "RFC 9112, 2.2"),
  /** A field value goes on in the next line. */
  OBS_FOLD(400, "obs_fold", "RFC 9112, 5.2"),
  /** A field line without a colon. */
  COLON_MISSING(400, "missing_colon", "RFC 9112, 5"),
  /** A field line without a name. */
  NAME_EMPTY(400, "empty_header_name", "RFC 9112, 5"),
  /** Whitespace between name and colon. */
  SPACE_BEFORE_COLON(400, "space_before_colon", "RFC 9112, 5.1"),
  /** A name that is not a token. */
  NAME_INVALID(400, "invalid_header_name", "RFC 9110, 5.1"),
  /** NUL in a field value. */
  VALUE_NUL(400, "nul_in_header_value", "RFC 9110, 5.5"),
  /** Another control character in a field value. */
  VALUE_CONTROL(400, "control_in_header_value", "RFC 9110, 5.5"),
  /** The head is longer than its limit. */
  HEAD_TOO_LARGE(431, "headers_too_large", "RFC 6585, 5"),
  /** The head has more lines than its limit. */
  TOO_MANY_HEADERS(431, "too_many_headers", "RFC 6585, 5"),
  /** Both Content-Length and Transfer-Encoding. */
  LENGTH_AND_CODING(400, "content_length_and_transfer_encoding", "RFC 9112, 6.1"),
  /** More than one Content-Length, equal or not. */
  LENGTH_REPEATED(400, "repeated_content_length", "ADR 3 (RFC 9112, 6.3)"),
  /** Content-Length is not digits. */
  LENGTH_INVALID(400, "invalid_content_length", "RFC 9112, 6.3"),
  /** Content-Length does not fit in 63 bits. */
  LENGTH_OVERFLOW(400, "content_length_overflow", "RFC 9110, 8.6"),
  /** More than one Transfer-Encoding. */
  CODING_REPEATED(400, "repeated_transfer_encoding", "ADR 3 (RFC 9112, 6.1)"),
  /** The codings do not end in chunked. */
  CODING_NOT_CHUNKED(400, "transfer_encoding_not_chunked", "RFC 9112, 6.3"),
  /** A coding besides chunked, or chunked twice. */
  CODING_UNSUPPORTED(400, "unsupported_transfer_encoding", "ADR 3 (RFC 9112, 6.1)"),
  /** Transfer-Encoding in HTTP/1.0. */
  CODING_IN_HTTP_1_0(400, "transfer_encoding_in_http_1_0", "RFC 9112, 6.1"),
  /** A chunk size that is not hexadecimal digits. */
  CHUNK_SIZE(400, "invalid_chunk_size", "RFC 9112, 7.1"),
  /** A chunk size of more than 63 bits or 16 digits. */
  CHUNK_SIZE_OVERFLOW(400, "chunk_size_overflow", "RFC 9112, 7.1"),
  /** A control character in a chunk extension. */
  CHUNK_EXTENSION(400, "invalid_chunk_extension", "RFC 9112, 7.1.1"),
  /** The message's chunk extensions are longer than their limit. */
  CHUNK_EXTENSION_TOO_LARGE(400, "chunk_extensions_too_large", "RFC 9112, 7.1.1"),
  /** No CRLF where a chunk's data ends. */
  CHUNK_END(400, "missing_crlf_after_chunk", "RFC 9112, 7.1"),
  /** The trailer section is longer than its limit. */
  TRAILERS_TOO_LARGE(431, "trailers_too_large", "RFC 6585, 5"),
  /** The trailer section has more lines than its limit. */
  TOO_MANY_TRAILERS(431, "too_many_trailers", "RFC 6585, 5"),
  /** A trailer that frames, routes or controls the message. */
  TRAILER_FORBIDDEN(400, "forbidden_trailer", "RFC 9110, 6.5.1"),
  /** Connection is not a list of tokens. */
  CONNECTION_INVALID(400, "invalid_connection_option", "RFC 9110, 7.6.1"),
  /** Connection nominates a field that everyone on the way relies on. */
  CONNECTION_PROTECTED(400, "protected_connection_option", "ADR 3 (RFC 9110, 7.6.1)"),
  /** Connection has more options than anybody needs. */
  CONNECTION_TOO_MANY(400, "too_many_connection_options", "ADR 3"),
  /** An expectation other than 100-continue. */
  EXPECTATION(417, "unknown_expectation", "RFC 9110, 10.1.1"),
  /** The connection ended within a message. */
  TRUNCATED(400, "truncated_message", "RFC 9112, 8"),
  /** The status line is not version, status and reason. */
  STATUS_LINE(502, "malformed_status_line", "RFC 9112, 4"),
  /** The status is not 100 to 599. */
  STATUS_RANGE(502, "status_out_of_range", "RFC 9110, 15"),
  /** Bytes came that no request had asked for. */
  UNSOLICITED(502, "unsolicited_response", "RFC 9112, 9.2"),
  /** An interim response or a 204 with a body or a transfer coding. */
  BODY_FORBIDDEN(502, "body_not_allowed", "RFC 9112, 6.1"),
  /** More interim responses than the limit. */
  TOO_MANY_INTERIM(502, "too_many_interim_responses", "ADR 3 (RFC 9110, 15.2)"),
  /** A 101 that no request had asked for. */
  UPGRADE_UNSOLICITED(502, "unsolicited_upgrade", "RFC 9110, 7.8");

  private final int status;
  private final String details;
  private final String citation;

  Violation(int status, String details, String citation) {
    this.status = status;
    this.details = "http1." + details;
    this.citation = citation;
  }

  /** The status that a request which did this is answered with. */
  public int status() {
    return status;
  }

  /** For {@code %RESPONSE_CODE_DETAILS%}. */
  public String details() {
    return details;
  }

  /** The RFC's section or our ADR. */
  public String citation() {
    return citation;
  }
}
