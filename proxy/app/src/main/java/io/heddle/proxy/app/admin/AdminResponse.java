package io.heddle.proxy.app.admin;

/**
 * An answer of the admin API.
 *
 * @param afterwards runs when the answer has been written
 */
public record AdminResponse(int status, String contentType, String body, Runnable afterwards) {

  /** Plain text. */
  public static AdminResponse text(int status, String body) {
    return of(status, "text/plain; charset=UTF-8", body);
  }

  /** JSON. */
  public static AdminResponse json(String body) {
    return of(200, "application/json", body);
  }

  /** Any type. */
  public static AdminResponse of(int status, String contentType, String body) {
    return new AdminResponse(status, contentType, body, () -> {});
  }

  /** The same, with something to do once it has been written. */
  public AdminResponse then(Runnable task) {
    return new AdminResponse(status, contentType, body, task);
  }
}
