;; Collections, closures, laziness, exceptions, strings, recursion, protocols, multimethods, atoms, macros.
(ns program
  (:require [clojure.string :as string] [clojure.set :as set]))

(defn fib [n] (if (< n 2) n (+ (fib (- n 1)) (fib (- n 2)))))
(println "fib" (fib 20))

(def primes
  (letfn [(sieve [s] (lazy-seq (cons (first s) (sieve (remove #(zero? (mod % (first s))) (rest s))))))]
    (sieve (iterate inc 2))))
(println "primes" (take 20 primes))

(defprotocol Shape (area [this]) (scale [this k]))
(defrecord Circle [r] Shape (area [_] (* Math/PI r r)) (scale [_ k] (->Circle (* k r))))
(defrecord Rect [w h] Shape (area [_] (* w h)) (scale [_ k] (->Rect (* k w) (* k h))))
(doseq [s [(->Circle 2) (->Rect 3 4) (scale (->Rect 1 2) 5)]]
  (println (.getSimpleName (class s)) (format "%.3f" (double (area s)))))

(defmulti speak :kind)
(defmethod speak :dog [d] (str (:name d) " barks"))
(defmethod speak :default [d] (str (:name d) " is silent"))
(println (speak {:kind :dog :name "Rex"}) (speak {:kind :fish :name "Wanda"}))

(def words (string/split "the quick brown fox jumps over the lazy dog the end" #" "))
(println (into (sorted-map) (frequencies words)))
(println (string/join "," (map string/capitalize (sort-by (juxt count identity) (distinct words)))))
(println (set/intersection #{1 2 3 4} #{3 4 5}) (set/difference #{1 2 3} #{2}))

(defmacro unless [test & body] `(if ~test nil (do ~@body)))
(println (unless false 1 2 3))

(defn safely [f] (try (f) (catch ArithmeticException e (str "arithmetic: " (.getMessage e)))
                          (catch Exception e (str (.getSimpleName (class e)) ": " (.getMessage e)))
                          (finally (print "[finally] "))))
(println (safely #(/ 1 0)))
(println (safely #(nth [1 2] 7)))
(println (safely #(throw (ex-info "custom" {:code 42}))))

(def counter (atom 0))
(doseq [f (doall (for [i (range 10)] (future (dotimes [_ 100] (swap! counter + i)))))] @f)
(println "counter" @counter)

(println (reduce + (map #(* % %) (filter odd? (range 1000)))))
(println (transduce (comp (filter even?) (map inc) (take 5)) conj [] (range)))
(let [{:keys [a b] :or {b 7}} {:a 1}] (println a b))
(loop [i 0 acc []] (if (< i 5) (recur (inc i) (conj acc (* i i))) (println acc)))
(println (apply str (reverse "closures")) (bigint 2) (reduce *' (range 1 26)))
(println (get-in {:a {:b [10 20 {:c "deep"}]}} [:a :b 2 :c]))
(shutdown-agents)
