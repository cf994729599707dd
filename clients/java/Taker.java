import java.math.BigDecimal;
import java.net.URI;
import java.net.http.*;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.util.*;
import java.util.concurrent.*;
import java.util.stream.Collectors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * A taker of Lockstep in one file, on the JDK alone (17 or newer): it locks each new order, trades it, fills it, and answers
 * its maker's requests to cancel it. An example to start from: your exchange goes into {@link #trade}.
 */
public class Taker {
  static final String URL = setting("LOCKSTEP_URL").replaceAll("/$", "");
  static final String API_KEY = setting("LOCKSTEP_API_KEY");
  static final String API_SECRET = setting("LOCKSTEP_SIGNING_SECRET");
  static final String TAKER_ADDRESS = setting("LOCKSTEP_TAKER_ADDRESS");

  static String setting(String name) {
    String value = System.getenv(name);
    if (value == null || value.isEmpty()) throw new IllegalArgumentException(name + " must be set");
    return value;
  }

  public static void main(String[] arguments) {
    try {
      listen();
    } catch (Throwable fault) { // who hears no requests must not go on trading: whatever supervises it starts it again
      fault.printStackTrace();
      System.exit(1);
    }
  }

  // ---- Orders: locked, traded, filled -------------------------------------------------------------------------------

  /** What is unknown here has not been traded. */
  enum State { UNKNOWN, WAITING, TRADING, GIVEN_UP }

  /**
   * An order is traded or given up, never both: that is decided here, one step at a time. A taker that trades keeps this in
   * its database, and writes TRADING there before its exchange hears of the order.
   */
  static final Map<String, State> ORDERS = new HashMap<>();

  /** Moves an order to a state, if it is in one of some; tells whether it was. */
  static synchronized boolean move(String hash, State to, State... from) {
    if (!List.of(from).contains(ORDERS.getOrDefault(hash, State.UNKNOWN))) return false;
    if (to == State.UNKNOWN) ORDERS.remove(hash);
    else ORDERS.put(hash, to);
    return true;
  }

  /** Locks an order and trades it; once, however often it is told. */
  static void take(String hash) {
    if (move(hash, State.WAITING, State.UNKNOWN)) THREADS.execute(() -> lockAndTrade(hash));
  }

  static void lockAndTrade(String hash) {
    try {
      repeat("POST", "/api/v1/orders/lock", Map.of("order_hash", hash, "taker_address", TAKER_ADDRESS));
      log("locked " + hash);
      sleep(TRADE_BEGINS_AFTER_MS);
      if (!move(hash, State.WAITING, State.WAITING)) return; // given up
      Json order = heldOrder(hash);
      Map<String, Object> fill = fillOf(order); // what cannot be reported must not be traded
      if (!move(hash, State.TRADING, State.WAITING)) return;
      trade(order);
      fill(hash, fill);
    } catch (Failure refusal) {
      log("not taken " + hash + ": " + refusal.getMessage()); // somebody else was quicker, for example
      forget(hash);
    }
  }

  /** A look before the trade: a taker must still hold what it trades. */
  static Json heldOrder(String hash) throws Failure {
    while (true) {
      Json order = repeat("GET", "/api/v1/takers/orders/" + hash, null);
      if (order.get("status").is("locked") && TAKER_ADDRESS.equalsIgnoreCase(order.get("locked_by").text())) return order;
      if (!order.get("status").is("suspended")) throw new Failure("it is not held any more");
      sleep(SUSPENDED_PAUSE_MS);
    }
  }

  // YOUR EXCHANGE HERE. In its place the trade begins a moment after the lock, and takes longer than a request to cancel lives,
  // so that `lockstep certify` can ask about orders that are traded and about others. Be done well before the lock runs out.
  static void trade(Json order) {
    sleep(TRADE_TAKES_MS);
  }

  static final long TRADE_BEGINS_AFTER_MS = 3_000;
  static final long TRADE_TAKES_MS = 1_000 * Long.parseLong(System.getenv().getOrDefault("TRADE_SECONDS", "70"));
  /** How long an order that the operator has suspended is left alone. */
  static final long SUSPENDED_PAUSE_MS = 10_000;
  /** What the maker has signed: a fill repeats it to the letter. */
  static final List<String> TERMS = List.of(
      "maker", "principal", "is_buy", "ticker", "exchange", "asset", "price", "quantity", "incentive", "deadline", "nonce");

  static Map<String, Object> fillOf(Json order) {
    Map<String, Object> terms = new HashMap<>();
    for (String name : TERMS) terms.put(name, order.get(name).value());
    String signature = order.get("signature").text();
    String quantity = order.get("quantity").text();
    return Map.of("order", terms, "signature", signature, "fill_quantity", quantity, "taker_incentive", "0");
  }

  static void fill(String hash, Map<String, Object> fill) {
    try {
      repeat("POST", "/api/v1/orders/fill", fill);
      log("filled " + hash);
    } catch (Failure refusal) {
      log("TRADED, BUT NOT FILLED " + hash + ": " + refusal.getMessage()); // a person must look
    }
  }

  /** An order that was lost before its trade may be taken again. One that was given up is, until that is recorded. */
  static void forget(String hash) {
    move(hash, State.UNKNOWN, State.WAITING);
  }

  // ---- Requests to cancel: one verdict each -------------------------------------------------------------------------

  /** The requests that are answered, or being answered: they are pushed again at every connect. */
  static final Recent ANSWERED = new Recent();

  /** Yes only where no trade has begun, and then none begins. Repeated until it is recorded, the verdict stays the same. */
  static void answer(String id, String hash) {
    boolean yes = move(hash, State.GIVEN_UP, State.UNKNOWN, State.WAITING, State.GIVEN_UP);
    try {
      repeat("POST", "/api/v1/orders/cancel-result", Map.of(
          "order_hash", hash,
          "taker_address", TAKER_ADDRESS,
          "request_id", id,
          "cancellation_success", yes,
          "message", yes ? "Not traded yet" : "Already trading"));
      log("answered " + yes + " about " + hash);
      move(hash, State.UNKNOWN, State.GIVEN_UP);
    } catch (Failure refusal) {
      log("answer " + yes + " about " + hash + " refused: " + refusal.getMessage());
      // a conflict says that it was resolved otherwise; after any other refusal the request is still open, and comes again
      if (refusal.status == CONFLICT) move(hash, State.UNKNOWN, State.GIVEN_UP);
      else ANSWERED.remove(id);
    }
  }

  // ---- The socket: opened again whenever it is lost -----------------------------------------------------------------

  static final String SOCKET_PATH = "/ws/taker/v1";
  /** After so long a silence a ping is sent. It finds out what the JDK may miss: the end of a connection right behind a message. */
  static final long SILENCE_S = 5;
  static final int ABNORMAL_CLOSURE = 1006;
  static final int SERVICE_RESTART = 1012;

  /** The last id that was heard; null when there is none to go on from. */
  static String lastId;
  /** Delivery is at least once. */
  static final Recent HEARD = new Recent();
  /** Without a socket nothing is called: it alone tries whether the service is back. */
  static volatile CompletableFuture<Void> connected = new CompletableFuture<>();

  static void listen() {
    for (int failures = 0; ; failures += 1) {
      Failure end;
      try {
        var inbox = new Inbox();
        WebSocket socket = open(inbox);
        log("listening");
        failures = 0;
        connected.complete(null);
        if (lastId == null) THREADS.execute(Taker::readLists);
        end = hearUntilEnd(socket, inbox);
        socket.abort();
        connected = new CompletableFuture<>();
      } catch (Failure failure) {
        end = failure;
      }
      log("no socket: " + end.getMessage());
      pause(end, failures);
    }
  }

  static WebSocket open(Inbox inbox) throws Failure {
    String query = "types=order_status_change,cancellation_request";
    if (lastId != null) query += "&after=" + lastId;
    var socket = CLIENT.newWebSocketBuilder().connectTimeout(LIMIT);
    headersFor("GET", SOCKET_PATH, query).forEach(socket::header);
    return within(LIMIT, socket.buildAsync(URI.create(URL.replaceFirst("http", "ws") + SOCKET_PATH + "?" + query), inbox));
  }

  static Failure hearUntilEnd(WebSocket socket, Inbox inbox) {
    boolean pinged = false;
    while (true) {
      String message = inbox.next();
      if (message == Inbox.END) {
        // a suspended taker is told of requests alone; when that is over, it reads from the lists what else there is
        if (inbox.closeCode == SERVICE_RESTART) lastId = null;
        return new Failure("it closed: " + inbox.closeCode + " " + inbox.reason);
      }
      if (message != null) hear(Json.parse(message));
      else if (pinged) return new Failure("silence, and no pong");
      else socket.sendPing(ByteBuffer.allocate(0));
      pinged = message == null;
    }
  }

  /** What this program does not know, a newer service's messages and fields, it ignores. */
  static void hear(Json message) {
    Json data = message.get("data");
    Json metadata = data.get("metadata");
    String id = message.get("id").text();
    String hash = data.get("order_hash").text();
    if (message.get("type").is("order_status_change")) {
      lastId = id;
      if (!HEARD.add(id)) return;
      if (data.get("from_status").is(null)) take(hash);
      else if (!data.get("to_status").is("locked") && !data.get("to_status").is("suspended")) forget(hash);
    } else if (message.get("type").is("cancellation_request")) {
      // pushed again, it has the id of an event further back
      if (lastId == null || !metadata.get("redelivered").is(true)) lastId = id;
      String requestId = metadata.get("request_id").text();
      if (ANSWERED.add(requestId)) THREADS.execute(() -> answer(requestId, hash));
    } else if (message.get("type").is("resync")) {
      lastId = id;
      THREADS.execute(Taker::readLists);
    }
  }

  /** What was there before this program listened: orders to be had, and those that it holds. */
  static void readLists() {
    try {
      String after = "";
      List<Json> available;
      do {
        available = repeat("GET", "/api/v1/orders/available" + after, null).items();
        for (Json order : available) after = "?after=" + takeListed(order);
      } while (!available.isEmpty());
      Json held;
      int page = 0;
      do {
        page += 1;
        held = repeat("GET", "/api/v1/takers/orders?status=locked,suspended&page_size=100&page=" + page, null);
        held.get("orders").items().forEach(Taker::takeListed);
      } while (page < held.get("total_pages").number());
    } catch (Failure refusal) {
      log("lists refused: " + refusal.getMessage());
    }
  }

  static String takeListed(Json order) {
    String hash = order.get("order_hash").text();
    take(hash);
    return hash;
  }

  /** What comes on a socket. */
  static final class Inbox implements WebSocket.Listener {
    static final String END = "end";
    private final BlockingQueue<String> messages = new LinkedBlockingQueue<>();
    private final StringBuilder parts = new StringBuilder();
    volatile int closeCode;
    volatile String reason;

    /** The next message, END, or null when it is silent. */
    String next() {
      try {
        return messages.poll(SILENCE_S, TimeUnit.SECONDS);
      } catch (InterruptedException nobodyDoes) {
        throw new IllegalStateException(nobodyDoes);
      }
    }

    @Override
    public CompletionStage<?> onText(WebSocket socket, CharSequence data, boolean last) {
      parts.append(data);
      if (last) {
        messages.add(parts.toString());
        parts.setLength(0);
      }
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket socket, ByteBuffer message) {
      messages.add("{}"); // a sign of life that says nothing; pings the JDK answers by itself
      socket.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket socket, int code, String why) {
      end(code, why);
      return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable error) {
      end(ABNORMAL_CLOSURE, error.toString());
    }

    private void end(int code, String why) {
      closeCode = code;
      reason = why;
      messages.add(END);
    }
  }

  // ---- Calls: signed, and repeated until there is an answer ---------------------------------------------------------

  static final HttpClient CLIENT = HttpClient.newHttpClient();
  static final Duration LIMIT = Duration.ofSeconds(15);
  static final int CONFLICT = 409;
  static final int ORDER_SUSPENDED = 409009;

  /** Why something was not done; status and code are those of the service's refusal, and 0 when something else is wrong. */
  static final class Failure extends Exception {
    private static final long serialVersionUID = 1;
    int status;
    int code;
    long retryAfterS;

    Failure(String message) {
      super(message);
    }

    /** Whether the service has said no. No answer, an overload, a suspended order, a rotated key and the like pass. */
    boolean isFinal() {
      return code != 0 && code != ORDER_SUSPENDED && status < 500 && status != 401 && status != 429;
    }
  }

  /** Calls until it is done, and signs each try anew. Every call of this program may be repeated without harm. */
  static Json repeat(String method, String target, Map<String, ?> body) throws Failure {
    for (int failures = 0; ; failures += 1) {
      connected.join();
      try {
        return call(method, target, body == null ? "" : Json.text(body));
      } catch (Failure failure) {
        if (failure.isFinal()) throw failure;
        log(method + " " + target + " is repeated: " + failure.getMessage());
        pause(failure, failures);
      }
    }
  }

  static Json call(String method, String target, String body) throws Failure {
    URI uri = URI.create(URL + target);
    String signed = method.equals("GET") ? Objects.requireNonNullElse(uri.getRawQuery(), "") : body;
    var request = HttpRequest.newBuilder(uri).header("Content-Type", "application/json");
    headersFor(method, uri.getRawPath(), signed).forEach(request::header);
    request.method(method, body.isEmpty() ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
    var response = within(LIMIT, CLIENT.sendAsync(request.build(), BodyHandlers.ofString()));
    if (response.statusCode() != 200) throw refusalIn(response);
    return Json.parse(response.body()).get("data");
  }

  static <T> T within(Duration limit, CompletableFuture<T> answer) throws Failure {
    try {
      return answer.get(limit.toMillis(), TimeUnit.MILLISECONDS);
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof WebSocketHandshakeException refused) throw refusalIn(refused.getResponse());
      throw new Failure(failed.getCause().toString());
    } catch (TimeoutException | InterruptedException late) {
      answer.cancel(true);
      throw new Failure("no answer within " + limit.toSeconds() + " s");
    }
  }

  static Failure refusalIn(HttpResponse<?> response) {
    Json envelope = Json.parse(String.valueOf(response.body()));
    var refusal = new Failure(response.statusCode() + " " + Json.text(envelope.value()));
    refusal.status = response.statusCode();
    refusal.code = (int) envelope.get("code").number();
    String retryAfter = response.headers().firstValue("retry-after").orElse("");
    if (retryAfter.matches("\\d{1,9}")) refusal.retryAfterS = Long.parseLong(retryAfter);
    return refusal;
  }

  /** Waits as long as the service asks, and a little more: longer each time, and at random, since others wait, too. */
  static void pause(Failure failure, int failures) {
    double backoffMs = Math.min(250 * Math.pow(2, failures), 15_000) * ThreadLocalRandom.current().nextDouble(0.5, 1);
    sleep(Math.min(failure.retryAfterS, 60) * 1_000 + (long) backoffMs);
  }

  /** Says who calls. What is signed is the query of a GET, and the body of any other call. */
  static Map<String, String> headersFor(String method, String path, String content) {
    String timestamp = nextTimestamp();
    String signed = method + "|" + path + "|" + timestamp + "|" + content;
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(new SecretKeySpec(API_SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
      String signature = Base64.getEncoder().encodeToString(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
      return Map.of("X-API-Key", API_KEY, "X-API-Timestamp", timestamp, "X-API-Signature", signature);
    } catch (GeneralSecurityException everyJdkHasIt) {
      throw new IllegalStateException(everyJdkHasIt);
    }
  }

  static long lastTimestamp;

  /** A signature works once, so no two calls are signed for the same millisecond. */
  static synchronized String nextTimestamp() {
    lastTimestamp = Math.max(lastTimestamp + 1, System.currentTimeMillis());
    return String.valueOf(lastTimestamp);
  }

  // ---- Helpers ------------------------------------------------------------------------------------------------------

  /** One for each order and answer under way: plain to read. From JDK 21 on, virtual ones do the same for many more. */
  static final ExecutorService THREADS = Executors.newCachedThreadPool();

  /** The last ids that were seen. To forget one too early costs a call, and does no harm. */
  static final class Recent {
    private static final int CAPACITY = 10_000;
    private final Set<String> ids = new HashSet<>();

    /** Tells whether it is new. */
    synchronized boolean add(String id) {
      if (ids.size() == CAPACITY) ids.clear();
      return ids.add(id);
    }

    synchronized void remove(String id) {
      ids.remove(id);
    }
  }

  static void sleep(long ms) {
    try {
      Thread.sleep(ms);
    } catch (InterruptedException nobodyDoes) {
      throw new IllegalStateException(nobodyDoes);
    }
  }

  static void log(String text) {
    System.out.println(Instant.now() + " " + text);
  }

  /** A value of JSON; null is what is not there, and what cannot be read. */
  record Json(Object value) {
    static Json parse(String text) {
      try {
        return new Json(new Parser(text).value());
      } catch (IllegalArgumentException | IndexOutOfBoundsException noJson) {
        return new Json(null);
      }
    }

    Json get(String name) {
      return new Json(value instanceof Map<?, ?> map ? map.get(name) : null);
    }

    List<Json> items() {
      return value instanceof List<?> list ? list.stream().map(Json::new).toList() : List.of();
    }

    String text() {
      return value instanceof String text ? text : null;
    }

    double number() {
      return value instanceof BigDecimal number ? number.doubleValue() : 0;
    }

    boolean is(Object other) {
      return Objects.equals(value, other);
    }

    static String text(Object value) {
      if (value instanceof Map<?, ?> map)
        return map.entrySet().stream()
            .map(entry -> text(entry.getKey()) + ":" + text(entry.getValue()))
            .collect(Collectors.joining(",", "{", "}"));
      return value instanceof String text ? quoted(text) : String.valueOf(value);
    }

    private static String quoted(String text) {
      var quoted = new StringBuilder("\"");
      for (char c : text.toCharArray()) quoted.append(c < ' ' || c == '"' || c == '\\' ? String.format("\\u%04x", (int) c) : c);
      return quoted.append('"').toString();
    }
  }

  /** Reads JSON; throws IllegalArgumentException or IndexOutOfBoundsException where there is none. */
  static final class Parser {
    private final String text;
    private int at;

    Parser(String text) {
      this.text = text;
    }

    Object value() {
      char first = next();
      if (first == '{') return object();
      if (first == '[') return array();
      return first == '"' ? string() : literal();
    }

    private Map<String, Object> object() {
      Map<String, Object> members = new HashMap<>();
      for (char c = next(); c != '}'; c = next()) {
        if (c == ',') c = next();
        String name = string();
        if (c != '"' || next() != ':') throw new IllegalArgumentException("no name: " + name);
        members.put(name, value());
      }
      return members;
    }

    private List<Object> array() {
      List<Object> items = new ArrayList<>();
      for (char c = next(); c != ']'; c = next()) {
        if (c != ',') at -= 1;
        items.add(value());
      }
      return items;
    }

    private String string() {
      var string = new StringBuilder();
      for (char c = text.charAt(at++); c != '"'; c = text.charAt(at++)) string.append(c == '\\' ? escaped() : c);
      return string.toString();
    }

    private char escaped() {
      char c = text.charAt(at++);
      if (c == 'u') return (char) Integer.parseInt(text.substring(at, at += 4), 16);
      int known = "bfnrt".indexOf(c);
      return known < 0 ? c : "\b\f\n\r\t".charAt(known);
    }

    private Object literal() {
      int start = at - 1;
      while (at < text.length() && ",]} \t\r\n".indexOf(text.charAt(at)) < 0) at += 1;
      String literal = text.substring(start, at);
      return switch (literal) {
        case "null" -> null;
        case "true", "false" -> literal.equals("true");
        default -> new BigDecimal(literal);
      };
    }

    /** The next character that is no white space. */
    private char next() {
      while (Character.isWhitespace(text.charAt(at))) at += 1;
      return text.charAt(at++);
    }
  }
}
