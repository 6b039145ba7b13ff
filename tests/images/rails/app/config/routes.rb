Rails.application.routes.draw do
  root to: "pages#home"
  get "greeting/:locale", to: "pages#greeting"
  get "broken", to: "pages#broken"
  get "time", to: "pages#time"
  get "cached", to: "pages#cached"
  get "export", to: "pages#export"
  resources :books, only: %i[index create show]
end
