package io.heddle.cli.output;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * Something that the user should know and can mend. {@code docs/findings.md} lists the codes.
 *
 * @param code such as {@code HDL-3001}
 * @param subject what it is about; empty when the message says all
 * @param message the cause
 * @param mend what to do, mostly a command
 */
public record Finding(String code, String subject, String message, String mend) {
  /** A kind of finding: its code, and what mends it. */
  public record Kind(String code, String mend) {
    public Finding about(String subject, String message) {
      return new Finding(code, subject, message, mend);
    }
  }

  public static final Kind INSTANCE_UNHEALTHY =
      new Kind("HDL-2001", "look at the service's own log; its sidecar asks for /healthz");
  public static final Kind PROXY_BEHIND =
      new Kind("HDL-2002", "wait some seconds, then run `heddle status` again");
  public static final Kind PROXY_REJECTED =
      new Kind(
          "HDL-2003", "run `heddle get httproutes`, then `heddle describe` on what is refused");
  public static final Kind PROXY_DISCONNECTED =
      new Kind("HDL-2004", "look at the proxy's log; start it again when it ended");
  public static final Kind PROCESS_ENDED =
      new Kind("HDL-2005", "read the log, then run `heddle down` and `heddle up`");
  public static final Kind OBJECT_REFUSED =
      new Kind(
          "HDL-2006", "run `heddle describe KIND NAME`, mend the file, `heddle apply -f FILE`");
  public static final Kind LEASE_SILENT =
      new Kind(
          "HDL-2007",
          "look whether its sidecar runs and reaches the control plane; when instances that are"
              + " Held are gone indeed, run `heddle accept-expiry`");
  public static final Kind CHECKPOINT_FAILED =
      new Kind("HDL-2008", "read the control plane's log; free its disk, or mend its permissions");
  public static final Kind CONTROL_SILENT =
      new Kind("HDL-2009", "wait some seconds; then read the log of that control plane");

  public static final Kind UNREACHABLE =
      new Kind("HDL-3001", "start it by `heddle up`, or name it by --api or HEDDLE_API");
  public static final Kind ANSWER_NOT_UNDERSTOOD =
      new Kind("HDL-3002", "check that --api names Heddle's REST API, and that versions match");
  public static final Kind REFUSED = new Kind("HDL-3003", "see the message");
  public static final Kind FILE_UNREADABLE =
      new Kind("HDL-3004", "check the path and its permissions");
  public static final Kind PORT_TAKEN =
      new Kind("HDL-3005", "end what uses it (`ss -ltnp` names it), or choose another port");
  public static final Kind ALREADY_UP =
      new Kind("HDL-3006", "run `heddle down` first, or give another --state folder");
  public static final Kind NOT_READY =
      new Kind("HDL-3007", "read the logs named above; `heddle down` ends what is left");
  public static final Kind NOT_LAUNCHED = new Kind("HDL-3008", "start it by the script `heddle`");
  public static final Kind STILL_RUNNING = new Kind("HDL-3009", "end it by hand: kill -9 PID");
  public static final Kind FILE_EXISTS =
      new Kind("HDL-3010", "name another folder by -o, or remove the file");
  public static final Kind UNEXPECTED =
      new Kind("HDL-3099", "this is a fault of Heddle; please report it with what follows");

  public static final Kind IMPORT_LEFT_OUT =
      new Kind("HDL-5001", "say it in another way, or do without it");
  public static final Kind IMPORT_CHANGED =
      new Kind("HDL-5002", "look at the object that came of it, and change it where that matters");
  public static final Kind IMPORT_KIND =
      new Kind("HDL-5003", "write what it was for by hand; `heddle explain` lists the kinds");

  /** One line of cause, one of mending. */
  public String text() {
    String about = subject.isEmpty() ? "" : subject + ": ";
    return code + "  " + about + message + "\n          mend: " + mend;
  }

  /** As the end of a verb that failed. */
  public ObjectNode errorJson() {
    return JsonNodeFactory.instance.objectNode().set("error", json());
  }

  public ObjectNode json() {
    return JsonNodeFactory.instance
        .objectNode()
        .put("code", code)
        .put("subject", subject)
        .put("message", message)
        .put("mend", mend);
  }
}
