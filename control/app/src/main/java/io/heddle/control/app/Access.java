package io.heddle.control.app;

/** Finds out who a caller is. For any thread. */
final class Access {
  /** Who it is, or why it is not let in. */
  sealed interface Answer {}

  record Granted(Caller caller) implements Answer {}

  record Refused(String message) implements Answer {}

  private final boolean trusting;

  /**
   * @param trusting whether whoever reaches the port may do everything
   */
  Access(boolean trusting) {
    this.trusting = trusting;
  }

  /**
   * @param authorization the header of that name, empty where there is none
   * @param address where the request comes from
   */
  Answer of(String authorization, String address) {
    return trusting
        ? new Granted(new Caller(isLoopback(address) ? "loopback" : "anonymous", Role.OPERATE, address))
        : new Refused("no token (expected: a header authorization: Bearer TOKEN)");
  }

  private static boolean isLoopback(String address) {
    return address.startsWith("127.") || address.equals("::1") || address.equals("0:0:0:0:0:0:0:1");
  }
}
