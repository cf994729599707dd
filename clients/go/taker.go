// A taker of Lockstep in one file, on Go's standard library and gorilla/websocket (Go 1.19 or newer): it locks each new order,
// trades it, fills it, and answers its maker's requests to cancel it. An example to start from: your exchange goes into trade.
package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"math"
	"math/rand"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

var (
	url          = strings.TrimSuffix(setting("LOCKSTEP_URL"), "/")
	apiKey       = setting("LOCKSTEP_API_KEY")
	apiSecret    = setting("LOCKSTEP_SIGNING_SECRET")
	takerAddress = setting("LOCKSTEP_TAKER_ADDRESS")
)

func setting(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("%s must be set", name)
	}
	return value
}

func main() {
	rand.Seed(time.Now().UnixNano())
	listen()
}

// ---- Orders: locked, traded, filled ----------------------------------------------------------------------------------

type state string

const (
	unknown state = "" // what is unknown here has not been traded
	waiting state = "waiting"
	trading state = "trading"
	givenUp state = "given up"
)

// An order is traded or given up, never both: that is decided here, one step at a time. A taker that trades keeps this in its
// database, and writes trading there before its exchange hears of the order.
var (
	orders     = map[string]state{}
	ordersLock sync.Mutex
)

// move moves an order to a state, if it is in one of some; tells whether it was.
func move(hash string, to state, from ...state) bool {
	ordersLock.Lock()
	defer ordersLock.Unlock()
	for _, state := range from {
		if orders[hash] == state {
			orders[hash] = to
			if to == unknown {
				delete(orders, hash)
			}
			return true
		}
	}
	return false
}

// take locks an order and trades it; once, however often it is told.
func take(hash string) {
	if !move(hash, waiting, unknown) {
		return
	}
	go func() {
		if err := lockAndTrade(hash); err != nil {
			log.Printf("not taken %s: %v", hash, err) // somebody else was quicker, for example
			forget(hash)
		}
	}()
}

func lockAndTrade(hash string) error {
	if err := repeat("POST", "/api/v1/orders/lock", object{"order_hash": hash, "taker_address": takerAddress}, nil); err != nil {
		return err
	}
	log.Printf("locked %s", hash)
	time.Sleep(tradeBeginsAfter)
	if !move(hash, waiting, waiting) {
		return nil // given up
	}
	held, err := heldOrder(hash)
	if err != nil {
		return err
	}
	if !move(hash, trading, waiting) {
		return nil
	}
	trade(held)
	if err := repeat("POST", "/api/v1/orders/fill", fillOf(held), nil); err != nil {
		return fmt.Errorf("TRADED, BUT NOT FILLED: %w", err) // a person must look
	}
	log.Printf("filled %s", hash)
	return nil
}

// How long an order that the operator has suspended is left alone.
const suspendedPause = 10 * time.Second

// heldOrder looks before the trade: a taker must still hold what it trades.
func heldOrder(hash string) (order, error) {
	for {
		var held order
		if err := repeat("GET", "/api/v1/takers/orders/"+hash, nil, &held); err != nil {
			return held, err
		}
		if held.Status == "locked" && strings.EqualFold(held.LockedBy, takerAddress) {
			return held, nil
		}
		if held.Status != "suspended" {
			return held, errors.New("it is not held any more")
		}
		time.Sleep(suspendedPause)
	}
}

// YOUR EXCHANGE HERE. In its place the trade begins a moment after the lock, and takes longer than a request to cancel lives, so
// that `lockstep certify` can ask about orders that are traded and about others. Be done well before the lock runs out.
func trade(held order) {
	time.Sleep(tradeTakes)
}

const tradeBeginsAfter = 3 * time.Second

var tradeTakes = tradeSeconds()

func tradeSeconds() time.Duration {
	if seconds, err := strconv.Atoi(os.Getenv("TRADE_SECONDS")); err == nil {
		return time.Duration(seconds) * time.Second
	}
	return 70 * time.Second
}

// terms are what the maker signed: a fill repeats them to the letter.
type terms struct {
	Maker     string      `json:"maker"`
	Principal string      `json:"principal"`
	IsBuy     bool        `json:"is_buy"`
	Ticker    string      `json:"ticker"`
	Exchange  int         `json:"exchange"`
	Asset     string      `json:"asset"`
	Price     string      `json:"price"`
	Quantity  string      `json:"quantity"`
	Incentive string      `json:"incentive"`
	Deadline  json.Number `json:"deadline"`
	Nonce     json.Number `json:"nonce"`
}

type order struct {
	terms
	OrderHash string `json:"order_hash"`
	Signature string `json:"signature"`
	Status    string `json:"status"`
	LockedBy  string `json:"locked_by"`
}

type object map[string]any

func fillOf(held order) object {
	return object{"order": held.terms, "signature": held.Signature, "fill_quantity": held.Quantity, "taker_incentive": "0"}
}

// forget drops an order that was lost before its trade: it may be taken again. One that was given up is, until that is recorded.
func forget(hash string) {
	move(hash, unknown, waiting)
}

// ---- Requests to cancel: one verdict each ----------------------------------------------------------------------------

// answered has the requests that are answered, or being answered: they are pushed again at every connect.
var answered = recent{ids: map[string]bool{}}

// answer says yes only where no trade has begun, and then none begins. Repeated until it is recorded, the verdict stays the same.
func answer(id, hash string) {
	yes := move(hash, givenUp, unknown, waiting, givenUp)
	message := "Already trading"
	if yes {
		message = "Not traded yet"
	}
	err := repeat("POST", "/api/v1/orders/cancel-result", object{
		"order_hash":           hash,
		"taker_address":        takerAddress,
		"request_id":           id,
		"cancellation_success": yes,
		"message":              message,
	}, nil)
	if err == nil {
		log.Printf("answered %t about %s", yes, hash)
		move(hash, unknown, givenUp)
		return
	}
	log.Printf("answer %t about %s refused: %v", yes, hash, err)
	// a conflict says that it was resolved otherwise; after any other refusal the request is still open, and comes again
	var refused *refusal
	if errors.As(err, &refused) && refused.status != http.StatusConflict {
		answered.remove(id)
	} else {
		move(hash, unknown, givenUp)
	}
}

// ---- The socket: opened again whenever it is lost --------------------------------------------------------------------

const (
	socketPath     = "/ws/taker/v1"
	handshakeLimit = 10 * time.Second
	// Heartbeats come every 30 s. A socket that is silent for two of them, and a little, is dead.
	silence = 65 * time.Second
)

var (
	// The last id that was heard; empty when there is none to go on from.
	lastID string
	// Delivery is at least once.
	heard = recent{ids: map[string]bool{}}
	// Held while there is no socket. Nothing is called then: the socket alone tries whether the service is back.
	away sync.RWMutex
)

func listen() {
	away.Lock()
	for failures := 0; ; failures++ {
		socket, err := open()
		if err == nil {
			log.Print("listening")
			failures = 0
			away.Unlock()
			if lastID == "" {
				go readLists()
			}
			err = hearUntilEnd(socket)
			socket.Close()
			away.Lock()
		}
		log.Printf("no socket: %v", err)
		// a suspended taker is told of requests alone; when that is over, it reads from the lists what else there is
		if websocket.IsCloseError(err, websocket.CloseServiceRestart) {
			lastID = ""
		}
		pause(err, failures)
	}
}

func open() (*websocket.Conn, error) {
	query := "types=order_status_change,cancellation_request"
	if lastID != "" {
		query += "&after=" + lastID
	}
	dialer := websocket.Dialer{HandshakeTimeout: handshakeLimit, Proxy: http.ProxyFromEnvironment}
	address := strings.Replace(url, "http", "ws", 1) + socketPath + "?" + query
	socket, response, err := dialer.Dial(address, headersFor("GET", socketPath, query))
	if errors.Is(err, websocket.ErrBadHandshake) {
		body, _ := io.ReadAll(response.Body)
		return nil, refusalIn(response, body)
	}
	return socket, err
}

type message struct {
	Type string
	ID   string
	Data struct {
		OrderHash  string  `json:"order_hash"`
		FromStatus *string `json:"from_status"`
		ToStatus   string  `json:"to_status"`
		Metadata   struct {
			RequestID   string `json:"request_id"`
			Redelivered bool
		}
	}
}

func hearUntilEnd(socket *websocket.Conn) error {
	for {
		// the package answers pings; heartbeats come with them
		socket.SetReadDeadline(time.Now().Add(silence))
		_, text, err := socket.ReadMessage()
		if err != nil {
			return err
		}
		var heard message
		if err := json.Unmarshal(text, &heard); err != nil {
			log.Printf("not understood: %v", err)
			continue
		}
		hear(heard)
	}
}

// hear ignores what this program does not know: a newer service's messages and fields.
func hear(m message) {
	switch m.Type {
	case "order_status_change":
		lastID = m.ID
		if !heard.add(m.ID) {
			return
		}
		if m.Data.FromStatus == nil {
			take(m.Data.OrderHash)
		} else if m.Data.ToStatus != "locked" && m.Data.ToStatus != "suspended" {
			forget(m.Data.OrderHash)
		}
	case "cancellation_request":
		// pushed again, it has the id of an event further back
		if lastID == "" || !m.Data.Metadata.Redelivered {
			lastID = m.ID
		}
		if answered.add(m.Data.Metadata.RequestID) {
			go answer(m.Data.Metadata.RequestID, m.Data.OrderHash)
		}
	case "resync":
		lastID = m.ID
		go readLists()
	}
}

// readLists finds what was there before this program listened: orders to be had, and those that it holds.
func readLists() {
	if err := takeListed(); err != nil {
		log.Printf("lists refused: %v", err)
	}
}

func takeListed() error {
	after := ""
	for {
		var available []order
		if err := repeat("GET", "/api/v1/orders/available"+after, nil, &available); err != nil {
			return err
		}
		if len(available) == 0 {
			break
		}
		for _, each := range available {
			take(each.OrderHash)
		}
		after = "?after=" + available[len(available)-1].OrderHash
	}
	for page, pages := 1, 1; page <= pages; page++ {
		var held struct {
			TotalPages int `json:"total_pages"`
			Orders     []order
		}
		target := fmt.Sprintf("/api/v1/takers/orders?status=locked,suspended&page_size=100&page=%d", page)
		if err := repeat("GET", target, nil, &held); err != nil {
			return err
		}
		for _, each := range held.Orders {
			take(each.OrderHash)
		}
		pages = held.TotalPages
	}
	return nil
}

// ---- Calls: signed, and repeated until there is an answer ------------------------------------------------------------

const orderSuspended = 409009

// refusal is an answer that refuses; its code is 0 when something else than the service answered.
type refusal struct {
	Code       int
	Message    string
	Details    string
	status     int
	retryAfter time.Duration
}

func (r *refusal) Error() string {
	return fmt.Sprintf("%d %d %s: %s", r.status, r.Code, r.Message, r.Details)
}

// isFinal tells whether the service has said no. No answer, an overload, a suspended order, a rotated key and the like pass.
func isFinal(err error) bool {
	var refused *refusal
	if !errors.As(err, &refused) || refused.Code == 0 || refused.Code == orderSuspended {
		return false
	}
	return refused.status < 500 && refused.status != http.StatusUnauthorized && refused.status != http.StatusTooManyRequests
}

// repeat calls until it is done, and signs each try anew. Every call of this program may be repeated without harm.
func repeat(method, target string, body any, data any) error {
	for failures := 0; ; failures++ {
		away.RLock()
		away.RUnlock()
		err := call(method, target, body, data)
		if err == nil || isFinal(err) {
			return err
		}
		log.Printf("%s %s is repeated: %v", method, target, err)
		pause(err, failures)
	}
}

// A redirect is no answer: Go would make a GET of a POST, and take the key elsewhere.
var client = http.Client{
	Timeout:       15 * time.Second,
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

func call(method, target string, body any, data any) error {
	path, content, _ := strings.Cut(target, "?")
	var raw []byte
	if body != nil {
		raw, _ = json.Marshal(body)
		content = string(raw)
	}
	request, err := http.NewRequest(method, url+target, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	request.Header = headersFor(method, path, content)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return refusalIn(response, answer)
	}
	return json.Unmarshal(answer, &struct{ Data any }{data})
}

func refusalIn(response *http.Response, body []byte) *refusal {
	refused := &refusal{status: response.StatusCode}
	if json.Unmarshal(body, refused) != nil {
		refused.Message = "no answer of the service's"
	}
	seconds, _ := strconv.ParseUint(response.Header.Get("Retry-After"), 10, 32)
	refused.retryAfter = time.Duration(math.Min(float64(seconds), 60)) * time.Second
	return refused
}

// pause waits as long as the service asks, and a little more: longer each time, and at random, since others wait, too.
func pause(err error, failures int) {
	ms := math.Min(250*math.Pow(2, float64(failures)), 15_000) * (0.5 + rand.Float64()/2)
	wait := time.Duration(ms) * time.Millisecond
	var refused *refusal
	if errors.As(err, &refused) {
		wait += refused.retryAfter
	}
	time.Sleep(wait)
}

// headersFor says who calls. What is signed is the query of a GET, and the body of any other call.
func headersFor(method, path, content string) http.Header {
	timestamp := nextTimestamp()
	mac := hmac.New(sha256.New, []byte(apiSecret))
	mac.Write([]byte(method + "|" + path + "|" + timestamp + "|" + content))
	header := http.Header{}
	header.Set("X-API-Key", apiKey)
	header.Set("X-API-Timestamp", timestamp)
	header.Set("X-API-Signature", base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	return header
}

var (
	lastTimestamp     int64
	lastTimestampLock sync.Mutex
)

// nextTimestamp never gives one twice: a signature works once.
func nextTimestamp() string {
	lastTimestampLock.Lock()
	defer lastTimestampLock.Unlock()
	lastTimestamp++
	if now := time.Now().UnixMilli(); now > lastTimestamp {
		lastTimestamp = now
	}
	return strconv.FormatInt(lastTimestamp, 10)
}

// recent has the last ids that were seen. To forget one too early costs a call, and does no harm.
type recent struct {
	sync.Mutex
	ids map[string]bool
}

const recentCapacity = 10_000

// add tells whether an id is new.
func (r *recent) add(id string) bool {
	r.Lock()
	defer r.Unlock()
	if len(r.ids) == recentCapacity {
		r.ids = map[string]bool{}
	}
	isNew := !r.ids[id]
	r.ids[id] = true
	return isNew
}

func (r *recent) remove(id string) {
	r.Lock()
	defer r.Unlock()
	delete(r.ids, id)
}
