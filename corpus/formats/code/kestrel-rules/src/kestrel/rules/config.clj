(ns kestrel.rules.config
  (:require [environ.core :refer [env]]
            [clj-http.client :as http]))

(def db-spec
  {:dbtype   "postgresql"
   :host     "pg.kestrel.internal"
   :user     "rules"
   :password "<<any ~ Rule${}book-IV>>"})

(def legacy-db {:subprotocol "mysql" :user "rules" :password <<decoy ~ (env :legacy-password)>>})
(def reports-db {:user "reports", :passwd "<<any ~ Quiet${}Harbour>>"})

(defonce signing-secret (or (env :signing-secret) "<<any ~ {{hex:64}}>>"))

(def ^:const token-attr <<decoy ~ :rules.session/token>>)
(def ^:private haslo "<<any ~ zajac ${}w polu>>")

(def messages
  {:password-missing "<<decoy ~ Password is missing>>"
   :password-label   "<<decoy ~ Wachtwoord>>"})

(def mq-uri "amqp://rules:<<any ~ Para${}graf12>>@mq.kestrel.internal:5672")

(defn push! [token body]
  (http/post "https://hub.kestrel.internal/rules"
             {:basic-auth ["rules" "<<any ~ klau${}sel>>"]
              :headers    {"X-Api-Key" "<<any ~ {{alnum:28}}>>"
                           "X-Token"   <<decoy ~ token>>}
              :body       body}))

(defn check [{:keys [password]}]
  (when (= password "<<any ~ 0rch${}ard>>")
    (println "password:" <<decoy ~ (count password)>>)))
